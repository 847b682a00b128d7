/** denokv, the self-hosted KV Connect server, for a test; it can be killed and started again. */

import { systemClock } from "../../src/clock.ts";
import { openRemoteKv } from "../../src/kv/open.ts";
import { freePort } from "./command.ts";
import { findProgram } from "./find_program.ts";
import type { KvPlace, TestKv } from "./kv.ts";
import { until } from "./until.ts";

/** Why tests on denokv are skipped; for their names. */
export const NEEDS_DENOKV = "needs denokv";

const TOKEN = "an access token for tests";

/** The path of denokv: `DENOKV`, else on the `PATH`, else where Cargo installs it; `null`: there is none. */
export function findDenokv(): string | null {
  return findProgram("denokv", "DENOKV", [`${Deno.env.get("HOME") ?? ""}/.cargo/bin`]);
}

/** A running server with a database of its own. */
export interface Denokv extends KvPlace {
  readonly port: number;
  /** Kills it with `SIGKILL`. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and database. */
  start(): Promise<void>;
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
  Deno.env.set("DENO_KV_ACCESS_TOKEN", TOKEN);
  const folder = await Deno.makeTempDir({ prefix: "sluice-denokv-" });
  const port = freePort();
  let child: Deno.ChildProcess;
  async function start(): Promise<void> {
    child = new Deno.Command(program ?? "", {
      args: [`--sqlite-path=${folder}/kv`, "serve", `--addr=127.0.0.1:${port}`],
      env: { DENO_KV_ACCESS_TOKEN: TOKEN },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until(() => isListening(port), "denokv to listen");
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
    kill,
    start,
    async [Symbol.asyncDispose]() {
      await kill();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The deadline of operations in tests (`KV_TIMEOUT_MS`). */
export const KV_DEADLINE_MS = 2_000;

/** Opens a KV on a denokv as the service does, by default one of its own, which ends with it. */
export async function openTestDenokv(server?: Pick<Denokv, "path">): Promise<TestKv> {
  const own = server === undefined ? await openDenokv() : null;
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
