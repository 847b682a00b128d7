/** Podman with images, containers and settings of its own, in a temporary folder. */

import { join } from "node:path";

/** What a command printed. */
export interface Output {
  readonly code: number;
  /** Standard output and standard error. */
  readonly text: string;
}

/** A container engine. */
export interface Engine extends AsyncDisposable {
  /** For temporary files. */
  readonly folder: string;
  /** Runs `podman`, or another program that runs it. */
  run(command: readonly string[]): Promise<Output>;
  /** The same; throws if it fails. */
  succeed(...command: readonly string[]): Promise<string>;
}

/** Limits that an unprivileged root may set; no cgroups, of which old versions refuse some layouts. */
const CONTAINERS = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=2048:2048"]
cgroups = "disabled"
`;

/** Opens an engine; its containers end and its files are deleted with it. */
export async function openEngine(): Promise<Engine> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-container-" });
  const storage = [
    "[storage]",
    'driver = "overlay"',
    `graphroot = "${folder}/images"`,
    `runroot = "${folder}/state"`,
  ];
  const networks = `[network]\nnetwork_config_dir = "${folder}/networks"\n`;
  await Deno.writeTextFile(join(folder, "containers.conf"), CONTAINERS + networks);
  await Deno.writeTextFile(join(folder, "storage.conf"), storage.join("\n"));
  const env = {
    CONTAINERS_CONF: join(folder, "containers.conf"),
    CONTAINERS_STORAGE_CONF: join(folder, "storage.conf"),
  };
  async function run([program = "", ...args]: readonly string[]): Promise<Output> {
    const { code, stdout, stderr } = await new Deno.Command(program, { args, env, stdin: "null" })
      .output();
    const decoder = new TextDecoder();
    return { code, text: decoder.decode(stdout) + withoutTimers(decoder.decode(stderr)) };
  }
  async function succeed(...command: readonly string[]): Promise<string> {
    const { code, text } = await run(command);
    if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${text}`);
    return text.trim();
  }
  return {
    folder,
    run,
    succeed,
    async [Symbol.asyncDispose]() {
      await run(["podman", "rm", "--all", "--force", "--time", "0"]);
      await run(["podman", "system", "reset", "--force"]);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Without complaints that no systemd is there, by which podman would schedule health checks. */
function withoutTimers(text: string): string {
  return text.replace(/^.*(?:systemd|syslog).*\n/gm, "");
}
