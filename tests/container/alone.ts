/** The image alone: no network, a disk that is read-only, no capabilities. */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { until } from "../support/until.ts";
import type { Engine } from "./engine.ts";

const CONFINED = [
  "--network=none",
  "--read-only",
  "--read-only-tmpfs=false",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
];
const WRITE = 'try { Deno.writeTextFileSync("/app/x", ""); } catch (e) { console.log(e.name); }';

/** Throws if the image does not work when it may do next to nothing. */
export async function checkAlone(
  { folder, run, succeed }: Engine,
  say: (line: string) => void,
): Promise<void> {
  say("no network, read-only, no capabilities: becomes healthy on the embedded Postgres");
  await succeed("podman", "run", "--detach", "--name=alone", ...CONFINED, "sluice");
  const isHealthy = async () => (await run(["podman", "healthcheck", "run", "alone"])).code === 0;
  await until(async () => (await isHealthy()) || undefined, "the container to be healthy", 120_000);
  const exec = (...args: string[]) => succeed("podman", "exec", "alone", "deno", ...args);
  assertEquals(await exec("eval", "console.log(Deno.uid(), Deno.gid())"), "65532 65532");
  assertMatch(await exec("eval", WRITE), /^(?:NotCapable|PermissionDenied|FilesystemLoop|Error)$/);
  assertEquals((await run(["podman", "exec", "alone", "sh", "-c", "true"])).code, 127, "a shell");
  const help = await exec("task", "--quiet", "token", "--help");
  assertMatch(help, /^Usage: deno task token/, "commands ask no registry");
  const log = await succeed("podman", "logs", "alone");
  assertEquals(
    log.split("\n").filter((line) => !line.startsWith("{")),
    [],
    "lines that are no JSON",
  );
  await succeed("podman", "stop", "--time=30", "alone");

  say("a folder that root made: refused with a sentence");
  const data = `${folder}/of_root`;
  await Deno.mkdir(data, { mode: 0o755 });
  const refused = await run([
    "podman",
    "run",
    "--rm",
    ...CONFINED,
    `--volume=${data}:/data`,
    "sluice",
  ]);
  assertEquals(refused.code, 1, refused.text);
  assertMatch(
    refused.text,
    /Cannot open the KV at KV_PATH "\/data\/kv\.sqlite3": Permission denied/,
  );
}
