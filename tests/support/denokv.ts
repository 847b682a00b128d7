/**
 * A KV Connect server for a test, which can be killed and started again: denokv, the self-hosted one, or a
 * stand-in where that is not installed.
 */

import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/clock.ts";
import { openRemoteKv } from "../../src/kv/open.ts";
import { freePort } from "./command.ts";
import { findProgram } from "../../src/cli/find_program.ts";
import type { KvPlace, TestKv } from "./kv.ts";
import { MAX_CHECKS } from "./kv_connect/limits.ts";
import { until } from "./until.ts";

/** Why tests on denokv itself are skipped; for their names. */
export const NEEDS_DENOKV = "needs denokv";

const TOKEN = "an access token for tests";

const STAND_IN = fileURLToPath(new URL("./kv_connect/server.ts", import.meta.url));

/** The path of denokv: `DENOKV`, else on the `PATH`, else where Cargo installs it; `null`: there is none. */
export function findDenokv(): string | null {
  return findProgram("denokv", "DENOKV", [`${Deno.env.get("HOME") ?? ""}/.cargo/bin`]);
}

/** The server that `openKvConnect` starts; for the names of tests. */
export const KV_CONNECT: string = findDenokv() === null ? "a stand-in for denokv" : "denokv";

/** A running server with a database of its own. */
export interface Denokv extends KvPlace {
  readonly port: number;
  /** The id of its process. */
  readonly pid: number;
  /** Kills it with `SIGKILL`. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and database. */
  start(): Promise<void>;
}

/** Starts denokv, or the stand-in where it is not installed, on an empty database. See `openDenokv`. */
export function openKvConnect(): Promise<Denokv> {
  return findDenokv() === null ? openStandIn() : openDenokv();
}

/**
 * Starts denokv on an empty database. Its access token is in the environment from then on, also of
 * processes that are started.
 *
 * @throws if it is not installed
 */
export async function openDenokv(): Promise<Denokv> {
  const program = findDenokv();
  if (program === null) throw new Error("No denokv: cargo install denokv, or set DENOKV");
  return await openServer((folder, port) => ({
    program,
    args: [`--sqlite-path=${folder}/kv`, "serve", `--addr=127.0.0.1:${port}`],
  }));
}

/** Options of `openStandIn`. */
export interface StandInOptions {
  /** How far away it is: what each request takes longer. 0 by default. */
  readonly delayMs?: number;
  /** Checks of one operation: as many as denokv allows by default; Deno Deploy allows 100. */
  readonly maxChecks?: number;
}

/** Starts the stand-in for denokv on an empty database. See `openDenokv`. */
export function openStandIn(
  { delayMs = 0, maxChecks = MAX_CHECKS }: StandInOptions = {},
): Promise<Denokv> {
  return openServer((folder, port) => ({
    program: Deno.execPath(),
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--no-config",
      "--no-lock",
      "--allow-net=127.0.0.1",
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
      "--allow-env=DENO_KV_ACCESS_TOKEN",
      STAND_IN,
      `${folder}/kv`,
      ...[port, delayMs, maxChecks].map(String),
    ],
  }));
}

interface Command {
  readonly program: string;
  readonly args: string[];
}

async function openServer(
  commandIn: (folder: string, port: number) => Command,
): Promise<Denokv> {
  Deno.env.set("DENO_KV_ACCESS_TOKEN", TOKEN);
  const folder = await Deno.makeTempDir({ prefix: "sluice-denokv-" });
  const port = freePort();
  const { program, args } = commandIn(folder, port);
  let child: Deno.ChildProcess;
  async function start(): Promise<void> {
    child = new Deno.Command(program, {
      args,
      env: { DENO_KV_ACCESS_TOKEN: TOKEN },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until(() => isListening(port), "the KV Connect server to listen");
  }
  async function kill(): Promise<void> {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await child.status;
  }
  await start();
  return {
    path: `http://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid;
    },
    kill,
    start,
    async [Symbol.asyncDispose]() {
      await kill();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The deadline of operations in tests (`KV_TIMEOUT_MS`): long, as a busy machine is not a KV that is away. */
export const KV_DEADLINE_MS = 30_000;

/** Opens a KV on such a server as the service does, by default one of its own, which ends with it. */
export async function openConnectedKv(server?: Pick<Denokv, "path">): Promise<TestKv> {
  const own = server === undefined ? await openKvConnect() : null;
  const path = server?.path ?? own?.path ?? "";
  const kv = await openRemoteKv(path, { clock: systemClock, deadlineMs: KV_DEADLINE_MS });
  return {
    kv: kv as unknown as Deno.Kv, // all of it that the service uses
    path,
    async [Symbol.asyncDispose]() {
      kv.close();
      await own?.[Symbol.asyncDispose]();
    },
  };
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
