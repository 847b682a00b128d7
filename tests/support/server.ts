/** Serves an application, parses responses, calls as an admin, makes parts fail. */

import { assertEquals } from "./assert.ts";
import type { App, OpenedParts } from "../../src/app.ts";
import { Database } from "../../src/store/database.ts";
import type { TestApp } from "./app.ts";
import { faultyKv, type KvFaults } from "./faulty_kv.ts";

/** An application on its own port. */
export interface TestServer extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** Every request so far: method, path and query. */
  readonly requests: readonly string[];
}

/** Serves an application on a free port; disposing waits for outstanding responses. */
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

/** Reads status and JSON body of a response. */
export async function answerOf(
  response: Response | Promise<Response>,
): Promise<{ status: number; body: unknown }> {
  const { status, body } = await readJson(await response);
  return { status, body };
}

/** An error response of a plain JSON endpoint. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly zodError: ZodErrorShape | null;
}

/** `data.zodError` (contract 2.5). */
export interface ZodErrorShape {
  readonly fieldErrors: Readonly<Record<string, readonly string[]>>;
  readonly formErrors: readonly string[];
}

/** Reads an error response and fails if it has any other field. */
export async function refusalOf(response: Response | Promise<Response>): Promise<Refusal> {
  const { status, body } = await readJson(await response);
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

async function readJson(response: Response): Promise<{ status: number; body: unknown }> {
  assertEquals(response.headers.get("content-type")?.split(";")[0], "application/json");
  return { status: response.status, body: await response.json() };
}

/** Makes the authorization header of an admin. */
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

/** Makes the KV of an application fail on demand; for the `parts` of `openTestApp`. */
export function withFaults(faults: KvFaults): (parts: OpenedParts) => OpenedParts {
  return (parts) => ({ ...parts, kv: faultyKv(parts.kv, faults) });
}

/** A database without a server. */
export function openClosedDatabase(): Database {
  return new Database({ url: "postgres://nobody@127.0.0.1:1/nothing" });
}
