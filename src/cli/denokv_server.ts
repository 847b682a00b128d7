/** denokv, the self-hosted server of Deno KV, for the buffer of `deno task cluster`. */

import { join } from "node:path";
import { makePrivateFolder } from "../private_files.ts";
import { findProgram } from "./find_program.ts";
import { type KvServer, KvServerError, spawnServer } from "./kv_server.ts";
import { findFreePort } from "./port.ts";

const LOOPBACK = "127.0.0.1";
const POLL_MS = 50;

/**
 * Starts denokv with its data in `dataDir`.
 *
 * @throws {KvServerError} if it is not installed or does not start
 */
export async function startDenokv(dataDir: string): Promise<KvServer> {
  const home = Deno.env.get("HOME") ?? "";
  const program = findProgram("denokv", "DENOKV", [`${home}/.cargo/bin`]);
  if (program === null) {
    throw new KvServerError(
      "--kv denokv needs the program denokv, which is neither on the PATH nor named by DENOKV. " +
        "Build it with: cargo install denokv --locked",
    );
  }
  const folder = join(dataDir, "denokv");
  await makePrivateFolder(folder);
  const token = Deno.env.get("DENO_KV_ACCESS_TOKEN") ?? crypto.randomUUID();
  const environment = { DENO_KV_ACCESS_TOKEN: token };
  const port = findFreePort(LOOPBACK);
  const child = spawnServer(program, "DENOKV", {
    args: [
      `--sqlite-path=${join(folder, "kv.sqlite3")}`,
      "serve",
      `--addr=${LOOPBACK}:${port}`,
    ],
    env: environment,
    stdin: "null",
    stdout: "null",
    detached: true, // Ctrl-C reaches the services, which drain into it
  });
  let isOver = false;
  const ended = child.status.finally(() => isOver = true);
  while (!await isListening(port)) {
    if (isOver) throw new KvServerError(`${program} ended with code ${(await ended).code}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return {
    path: `http://${LOOPBACK}:${port}`,
    environment,
    async [Symbol.asyncDispose]() {
      if (!isOver) child.kill("SIGTERM");
      await ended;
    },
  };
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: LOOPBACK, port })).close();
    return true;
  } catch {
    return false;
  }
}
