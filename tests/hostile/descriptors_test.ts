/** More connections than the process may have open files, for real: `prlimit` on the service's process. */

import { mintToken } from "../../src/auth/token.ts";
import { SECRET } from "../support/app.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { rawRequest } from "../support/raw_socket.ts";
import { MAIN, type ServiceProcess, startProcess } from "../support/service_process.ts";
import { until } from "../support/until.ts";

const LIMIT = 128;
const CONNECTIONS = 2 * LIMIT;

const ignore = !await hasPrlimit();
const NEEDS = ignore ? " (ignored: there is no prlimit here)" : "";

async function hasPrlimit(): Promise<boolean> {
  return await prlimit(Deno.pid, []).catch(() => false);
}

async function prlimit(pid: number, args: readonly string[]): Promise<boolean> {
  const command = new Deno.Command("prlimit", {
    args: ["--pid", String(pid), ...args],
    stdout: "null",
  });
  return (await command.output()).success;
}

/** Opens connections that send `text` and then nothing more. */
async function openSilent(port: number, text: string): Promise<Deno.TcpConn[]> {
  const bytes = new TextEncoder().encode(text);
  const connections: Deno.TcpConn[] = [];
  for (let n = 0; n < CONNECTIONS; n++) {
    try {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      connections.push(connection);
      await connection.write(bytes);
    } catch {
      // Refused or reset: the server has no descriptor left.
    }
  }
  return connections;
}

/** Counts the connections that are still open. */
function watchEnds(connections: readonly Deno.TcpConn[]): { readonly open: number } {
  const state = { open: connections.length };
  async function readToEnd(connection: Deno.TcpConn): Promise<void> {
    const bytes = new Uint8Array(1_024);
    try {
      while (await connection.read(bytes) !== null);
    } catch {
      // Reset.
    }
    state.open -= 1;
  }
  for (const connection of connections) readToEnd(connection);
  return state;
}

async function sendMore(connections: readonly Deno.TcpConn[], text: string): Promise<void> {
  if (text === "") return;
  const bytes = new TextEncoder().encode(text);
  await Promise.allSettled(connections.map((connection) => connection.write(bytes)));
}

/** Tracks an event over a connection of its own; `false` if there is no response. */
async function track(service: ServiceProcess, idempotencyKey: string): Promise<boolean> {
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const init = {
    client,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ eventType: "x", idempotencyKey }),
    signal: AbortSignal.timeout(2_000),
  };
  try {
    const response = await fetch(`${service.url}/v1/events`, init);
    return (await response.json()).tracked === true;
  } catch {
    return false;
  } finally {
    client.close();
  }
}

async function countBuffered(service: ServiceProcess): Promise<number> {
  const token = await mintToken(
    SECRET,
    { sub: "a", role: "ADMIN", expiresInSeconds: 600 },
    Date.now(),
  );
  const response = await fetch(`${service.url}/api/trpc/eventIngestion.getStats`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return (await response.json()).result.data.bufferSize;
}

const length = { "content-type": "application/json", "content-length": "1000" };
const chunked = { "content-type": "application/json", "transfer-encoding": "chunked" };
/** What each connection sends at first, and then again and again. */
const shapes: readonly (readonly [name: string, text: string, more?: string])[] = [
  ["silent connections", ""],
  ["unfinished headers", "POST /v1/events HTTP/1.1\r\nhost: sl"],
  ["connections kept alive", rawRequest("GET", "/livez")],
  ["unfinished bodies", rawRequest("POST", "/v1/events", length, "{")],
  ["bodies that arrive byte by byte", rawRequest("POST", "/v1/events", length, "{"), " "],
  ["bodies without an end", rawRequest("POST", "/v1/events", chunked, "1\r\n{\r\n"), "1\r\n \r\n"],
  ["headers without an end", "POST /v1/events HTTP/1.1\r\nhost: sluice.test\r\nx-a: ", "a"],
];

for (const [name, text, more = ""] of shapes) {
  Deno.test({
    name: `8.14 more ${name} than open files are allowed do not end the service${NEEDS}`,
    ignore,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "sluice-descriptors-" });
      {
        await using service = await startProcess(MAIN, {
          KV_PATH: `${folder}/kv.sqlite3`,
          DATABASE_URL: "postgres://nobody@127.0.0.1:1/nothing",
        });
        assert(await track(service, crypto.randomUUID()));
        assert(await prlimit(service.pid, [`--nofile=${LIMIT}:${LIMIT}`]));
        let tracked = 1;
        for (let attack = 0; attack < 2; attack++) {
          const port = Number(new URL(service.url).port);
          const connections = await openSilent(port, text);
          const ends = watchEnds(connections);
          // While they are still open.
          const key = crypto.randomUUID();
          await until(async () => {
            await sendMore(connections, more);
            return await track(service, key);
          }, "an event to be tracked");
          tracked += 1;
          // Not all: some may have been accepted since then.
          await until(() => ends.open < LIMIT / 3, "the connections to be cut");
          for (const connection of connections) connection.close();
        }
        assert(await track(service, crypto.randomUUID()));
        assertEquals(await countBuffered(service), tracked + 1);
        assertStringIncludes(service.log(), "Could not accept a connection");
        assertEquals((await service.kill("SIGTERM")).code, 0);
      }
      await Deno.remove(folder, { recursive: true });
    },
  });
}
