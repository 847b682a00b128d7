/** Tests from a caller's side: a real socket, answers taken apart, parts that fail on demand. */

import { assertEquals } from "./assert.ts";
import type { App, AppParts } from "../../src/app.ts";
import { Database } from "../../src/store/database.ts";
import type { TestApp } from "./app.ts";
import { faultyKv, type KvFaults } from "./faulty_kv.ts";
import { openTestPostgres, type TestPostgres } from "./postgres.ts";

/** An application on a socket of its own. */
export interface TestServer extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** Every request so far: method, path and query. */
  readonly requests: readonly string[];
}

/** Serves an application on a free port; disposing lets the last answers out. */
export function serve(app: Pick<App, "fetch">): TestServer {
  const requests: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request, info) => {
    requests.push(`${request.method} ${request.url.replace(/^\w+:\/\/[^/]*/, "")}`);
    return app.fetch(request, info);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Status and JSON body of an answer, whole. */
export async function answerOf(
  response: Response | Promise<Response>,
): Promise<{ status: number; body: unknown }> {
  const { status, body } = await taken(await response);
  return { status, body };
}

/** A refusal of a plain JSON endpoint: `code` and `message`, `data.zodError` where there is one. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly zodError: ZodErrorShape | null;
}

/** `data.zodError`, as the guide has it. */
export interface ZodErrorShape {
  readonly fieldErrors: Readonly<Record<string, readonly string[]>>;
  readonly formErrors: readonly string[];
}

/** Reads a refusal and sees to it that it holds nothing but what the guide lets it. */
export async function refusalOf(response: Response | Promise<Response>): Promise<Refusal> {
  const { status, body } = await taken(await response);
  const { code, message, data } = body as {
    code: string;
    message: string;
    data?: { zodError: ZodErrorShape };
  };
  assertEquals(typeof message, "string", `not a refusal: ${status} ${JSON.stringify(body)}`);
  const zodError = data?.zodError ?? null;
  assertEquals(body, { code, message, ...(zodError === null ? {} : { data: { zodError } }) });
  return { status, code, message, zodError };
}

async function taken(response: Response): Promise<{ status: number; body: unknown }> {
  assertEquals(response.headers.get("content-type")?.split(";")[0], "application/json");
  return { status: response.status, body: await response.json() };
}

/** The header of an admin. */
export async function asAdmin(app: Pick<TestApp, "token">): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await app.token("ADMIN")}` };
}

/** Calls `forceFlush` as an admin. */
export async function forceFlush(
  app: Pick<TestApp, "token" | "post">,
): Promise<{ flushed: boolean; message: string }> {
  const path = "/api/trpc/eventIngestion.forceFlush";
  const response = await app.post(path, {}, await asAdmin(app));
  const { result } = await response.json();
  return result.data;
}

/** A KV that fails as told, for the `parts` of `openTestApp`. */
export function withFaults(faults: KvFaults): (parts: AppParts) => AppParts {
  return (parts) => ({ ...parts, kv: faultyKv(parts.kv, faults) });
}

/**
 * Starts a Postgres with all of its connections open already: one that opened within a test would
 * leave its timers behind there.
 */
export async function openRoutesPostgres(): Promise<TestPostgres> {
  const postgres = await openTestPostgres();
  await postgres.database.run((sql) =>
    Promise.all(Array.from({ length: sql.options.max }, () => sql`select 1`))
  );
  return postgres;
}

/** A database that nobody is at home at. */
export function openClosedDatabase(): Database {
  return new Database({ url: "postgres://nobody@127.0.0.1:1/nothing" });
}
