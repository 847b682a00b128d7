/** `deno task container`: builds the image, runs it by the Compose file, stops and kills it. */

import { join } from "node:path";
import { printError, printLine } from "../../src/cli/terminal.ts";
import { findProgram } from "../../src/cli/find_program.ts";
import { checkCompose } from "./compose.ts";
import { checkAlone } from "./alone.ts";
import { openEngine } from "./engine.ts";
import { buildBases, buildImage } from "./images.ts";

const PROGRAMS = ["podman", "crun", "mmdebstrap", "unshare", "python3"];
const INSIDE = "SLUICE_IN_NAMESPACE";
const POSTGRES = "postgres:17";

const missing = PROGRAMS.filter((name) => findProgram(name, `${name.toUpperCase()}_PATH`) === null);
if (missing.length > 0 || Deno.uid() !== 0) {
  const packages = "podman crun netavark aardvark-dns mmdebstrap util-linux python3-venv";
  printError(`This needs root and ${PROGRAMS.join(", ")}: apt-get install ${packages}`);
  Deno.exit(1);
}
// For the children alone: crun refuses a machine with both kinds of cgroups, and names of containers are in /run.
if (!Deno.env.has(INSIDE)) {
  const mounts = [
    "umount /sys/fs/cgroup/unified 2>/dev/null",
    "mkdir -p /run/containers",
    "mount -t tmpfs tmpfs /run/containers",
  ];
  const command = `${mounts.join("; ")}; exec "$0" "$@"`;
  const run = ["run", "-A", "--lock=tests/deno.lock", import.meta.filename ?? ""];
  const { code } = await new Deno.Command("unshare", {
    args: ["--mount", "sh", "-c", command, Deno.execPath(), ...run],
    env: { [INSIDE]: "1" },
  }).spawn().status;
  Deno.exit(code);
}

const startedAt = performance.now();

function say(line: string): void {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  printLine(`${seconds.padStart(4)} s  ${line}`);
}

async function main(): Promise<void> {
  await using engine = await openEngine();
  say("base images from Debian's packages and this Deno, as no registry is asked");
  await buildBases(engine, POSTGRES);
  say("podman build -f .docker/Dockerfile");
  const repository = await buildImage(engine);
  const size = await engine.succeed("podman", "image", "inspect", "sluice", "--format={{.Size}}");
  say(`the image has ${Math.round(Number(size) / 1e6)} MB with its base`);
  await checkAlone(engine, say);
  const python = join(engine.folder, "python");
  await engine.succeed("python3", "-m", "venv", python);
  await engine.succeed(join(python, "bin/pip"), "install", "--quiet", "podman-compose");
  await checkCompose(engine, { repository, program: join(python, "bin/podman-compose"), say });
}

try {
  await main();
  say("passed");
} catch (error) {
  printError(`FAILED: ${error instanceof Error ? error.stack : error}`);
  Deno.exitCode = 1;
}
