/**
 * A KV Connect server for tests: the part of denokv's behavior that the service relies on, which
 * `tests/kv/connect_test.ts` compares with denokv's. Keys and values pass through as they are encoded.
 *
 * Run as `server.ts <path of the file> <port> <milliseconds away> <checks of one operation>`, with the
 * access token in `DENO_KV_ACCESS_TOKEN`.
 */

import { checkRead, checkWrite } from "./limits.ts";
import {
  readAtomicWrite,
  readSnapshotRead,
  writeAtomicWriteOutput,
  writeSnapshotReadOutput,
} from "./messages.ts";
import { Store, TypeMismatchError } from "./store.ts";

/** There is one database, which has no id. */
const DATABASE_ID = "00000000-0000-0000-0000-000000000000";
const TOKEN_MS = 24 * 3_600_000;

/** What a server needs. */
interface Served {
  readonly store: Store;
  readonly token: string;
  readonly maxChecks: number;
}

/** A request that is refused; the client tries again after a status from 500 only. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function respond(request: Request, served: Served): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method !== "POST") throw new Refusal(405, "");
  if (pathname === "/") return await exchangeMetadata(request, served);
  if (!pathname.startsWith("/v2/")) throw new Refusal(404, "Resource not found.");
  checkHeaders(request, served);
  const body = new Uint8Array(await request.arrayBuffer());
  const headers = { "content-type": "application/x-protobuf" };
  if (pathname === "/v2/snapshot_read") return new Response(read(body, served), { headers });
  if (pathname === "/v2/atomic_write") return new Response(write(body, served), { headers });
  throw new Refusal(404, "Resource not found.");
}

async function exchangeMetadata(request: Request, { token }: Served): Promise<Response> {
  const body = await request.json().catch(() => null);
  const versions: unknown = body?.supportedVersions;
  if (!Array.isArray(versions)) {
    throw new Refusal(
      400,
      "The server requires at least protocol version 2. Use Deno 1.38.0 or newer.",
    );
  }
  const version = [3, 2].find((version) => versions.includes(version));
  if (version === undefined) {
    throw new Refusal(
      400,
      "The server could not negotiate a protocol version. The server requires protocol version 2 or 3.",
    );
  }
  checkToken(request, token);
  return Response.json({
    version,
    databaseId: DATABASE_ID,
    endpoints: [{ url: "/v2", consistency: "strong" }],
    token,
    expiresAt: new Date(Date.now() + TOKEN_MS).toISOString(),
  });
}

function checkHeaders(request: Request, { token }: Served): void {
  if (!/^[23]$/.test(request.headers.get("x-denokv-version") ?? "")) {
    throw new Refusal(400, "Expected protocol version 2.");
  }
  checkToken(request, token);
  if (request.headers.get("x-denokv-database-id") !== DATABASE_ID) {
    throw new Refusal(400, "Invalid database id.");
  }
}

function checkToken({ headers }: Request, token: string): void {
  const [, given] = /^\S+ (.*)$/.exec(headers.get("authorization") ?? "") ?? [];
  if (given === undefined) throw new Refusal(401, "Malformed authorization header.");
  if (given !== token) throw new Refusal(401, "Invalid access token.");
}

function read(body: Uint8Array, { store }: Served): Uint8Array<ArrayBuffer> {
  const ranges = readSnapshotRead(body);
  const problem = checkRead(ranges);
  if (problem !== null) throw new Refusal(400, problem);
  return writeSnapshotReadOutput(store.read(ranges));
}

function write(body: Uint8Array, { store, maxChecks }: Served): Uint8Array<ArrayBuffer> {
  const operation = readAtomicWrite(body);
  const problem = checkWrite(operation, maxChecks);
  if (problem !== null) throw new Refusal(400, problem);
  return writeAtomicWriteOutput(store.write(operation));
}

function toResponse(error: unknown): Response {
  if (error instanceof Refusal) return new Response(error.message, { status: error.status });
  if (error instanceof TypeMismatchError) return new Response(error.message, { status: 400 });
  if (error instanceof RangeError) {
    return new Response(`Request protobuf is invalid: ${error.message}.`, { status: 400 });
  }
  return new Response("An internal server error occurred.", { status: 500 });
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) {
  const [path = "", port, delayMs, maxChecks] = Deno.args;
  const served: Served = {
    store: new Store(path),
    token: Deno.env.get("DENO_KV_ACCESS_TOKEN") ?? "",
    maxChecks: Number(maxChecks),
  };
  const halfway = Number(delayMs) / 2;
  Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen() {} }, async (request) => {
    if (halfway > 0) await wait(halfway);
    const response = await respond(request, served).catch(toResponse);
    if (halfway > 0) await wait(halfway);
    return response;
  });
}
