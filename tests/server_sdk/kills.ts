/** Kills processes that track events, and compares what they were promised with the rows. */

import { fileURLToPath } from "node:url";
import { TextLineStream } from "./text_lines.ts";
import { builtPackage } from "../support/built_package.ts";
import { bundle } from "../../src/build/bundle.ts";
import { Random } from "../../src/simulate/random.ts";
import type { Database } from "../../src/store/database.ts";
import { findBun } from "../support/bun.ts";
import { freePort } from "../support/command.ts";
import { rowsOf } from "../support/load.ts";
import {
  drainProcess,
  MAIN,
  type ServiceProcess,
  startProcess,
} from "../support/service_process.ts";

/** What kills need. */
export interface KillOptions {
  readonly postgres: { readonly url: string; readonly database: Database };
  /** An even number. */
  readonly kills: number;
  /** With every how many pairs the service is killed, too. */
  readonly serviceEvery: number;
  readonly seed: number;
  readonly say?: (line: string) => void;
}

/** What was promised, and what became of it. */
export interface KillResult {
  readonly promised: number;
  readonly rows: number;
  /** Promised events without a row. */
  readonly lost: readonly number[];
  readonly duplicated: readonly number[];
  /** What the last process said: events that were rejected or dropped. */
  readonly end: { readonly rejected: number; readonly dropped: number };
  readonly serviceKills: number;
}

const ENTRY = new URL("sending_process.ts", import.meta.url);
/** Numbers of one process. */
const RANGE = 1_000_000;

/** Kills senders, in pairs, in Node, Deno and, where it is installed, Bun, each after a random number of promises. */
export async function killSenders(options: KillOptions): Promise<KillResult> {
  const { postgres, kills, serviceEvery, seed, say = () => {} } = options;
  const random = new Random(seed);
  const run = crypto.randomUUID();
  const folder = await Deno.makeTempDir({ prefix: "sluice-senders-" });
  const programs = await installPrograms(folder);
  const settings = {
    PORT: String(freePort()),
    KV_PATH: `${folder}/kv.sqlite3`,
    DATABASE_URL: postgres.url,
    BATCH_TIMEOUT_MS: "200",
  };
  const promised = new Set<number>();
  let service: ServiceProcess = await startProcess(MAIN, settings);
  let serviceKills = 0;
  const start = (n: number, first: readonly string[]) => {
    const program = programs[n % programs.length] ?? [];
    return startSender([...program, service.url, `${folder}/spool`, run, ...first]);
  };
  async function killOne(kill: number): Promise<void> {
    const sender = start(kill, [String(kill * RANGE)]);
    const limit = random.whole(1, 1_000);
    let count = 0;
    for await (const line of sender.lines) {
      promised.add(Number(line));
      if (++count === limit) sender.kill();
    }
  }
  try {
    for (let kill = 1; kill <= kills; kill += 2) {
      const isRestarted = Math.ceil(kill / 2) % serviceEvery === 0;
      const restart = isRestarted ? service.kill("SIGKILL") : null;
      // Two at once, which share the spool and take over the folders of those before.
      await Promise.all([killOne(kill), killOne(kill + 1)]);
      if (restart) {
        await restart;
        serviceKills += 1;
        service = await startProcess(MAIN, settings);
      }
      say(`${kill + 1} of ${kills}: ${promised.size} events promised`);
    }
    const last = await Array.fromAsync(start(1, []).lines);
    await drainProcess(service);
    const rows = await rowsOf(postgres.database, run);
    return {
      promised: promised.size,
      rows: rows.size,
      lost: [...promised].filter((n) => !rows.has(n)),
      duplicated: [...rows].filter(([, count]) => count > 1).map(([n]) => n),
      end: JSON.parse(last.at(-1) ?? "null"),
      serviceKills,
    };
  } finally {
    await service[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes the built package, and returns the commands that run a sender with it. */
async function installPrograms(folder: string): Promise<string[][]> {
  const index = (await builtPackage("server")).files.get("index.js") ?? "";
  const script = await bundle({ entry: ENTRY, platform: "deno", format: "esm", minified: false });
  await Deno.writeTextFile(`${folder}/sluice.mjs`, index);
  await Deno.writeTextFile(`${folder}/sender.mjs`, script);
  const bun = findBun();
  return [
    ["node", `${folder}/sender.mjs`, `${folder}/sluice.mjs`],
    ...bun === null ? [] : [[bun, `${folder}/sender.mjs`, `${folder}/sluice.mjs`]],
    [Deno.execPath(), "run", "-A", "--no-lock", fileURLToPath(ENTRY), `${folder}/sluice.mjs`],
  ];
}

function startSender([command = "", ...args]: readonly string[]) {
  const child = new Deno.Command(command, { args, stdin: "null", stdout: "piped" }).spawn();
  async function* lines() {
    yield* child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    await child.status;
  }
  return { lines: lines(), kill: () => child.kill("SIGKILL") };
}
