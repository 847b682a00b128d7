/** Every endpoint and procedure, each with every odd part that a request can have, on a real socket. */

import { appRouter } from "../../src/trpc/router.ts";
import { openTestApp } from "../support/app.ts";
import { assertEquals } from "../support/assert.ts";
import { captureLogs } from "../support/logs.ts";
import { connectRaw, statusesOf } from "../support/raw_socket.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { serve } from "../support/server.ts";
import { until } from "../support/until.ts";
import { changeAtRandom, CHANGES, INPUTS, type RawRequest, toBytes } from "./odd_requests.ts";
import { Random, SEED } from "./random.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

/** Requests with several changes, besides those with one. */
const COMBINED = 60;
const AT_ONCE = 10;
/** Names files or lines of code. */
const STACK = /\n\s+at |\bat \S+ \(|file:\/\/\/|node_modules|\.[tj]sx?:\d+/;

function post(path: string, body: unknown): RawRequest {
  const headers = [["host", "sluice.test"], ["content-type", "application/json"]] as const;
  return { method: "POST", path, query: "", headers, body: JSON.stringify(body) };
}

function get(path: string, query = ""): RawRequest {
  return { method: "GET", path, query, headers: [["host", "sluice.test"]], body: "" };
}

const event = { eventType: "page_viewed", props: { path: "/" } };
const form = { ["content-type"]: "application/x-www-form-urlencoded" };

const procedures: Readonly<Record<string, unknown>> = appRouter._def.procedures;
const PROCEDURES = Object.entries(procedures).map(([name, procedure]) => {
  const path = `/api/trpc/${name}`;
  const { type } = (procedure as { _def: { type: string } })._def;
  return type === "mutation" ? post(path, event) : get(path, "input=%7B%7D");
});

const ENDPOINTS: readonly RawRequest[] = [
  ...PROCEDURES,
  post("/v1/events", event),
  post("/v1/events/batch", { events: [event] }),
  post("/v1/beacon", event),
  get("/v1/pixel.gif", "eventType=email_opened"),
  get("/analytics.js"),
  get("/admin"),
  get("/admin/dashboard.js"),
  {
    ...post("/admin/sign-in", null),
    headers: Object.entries({ host: "a", ...form }),
    body: "token=x",
  },
  post("/admin/sign-out", {}),
  get("/demo/events", "session=5f0c3b1e-6f5a-4d7e-9d55-0d8f6f0a9c11"),
  get("/livez"),
  get("/readyz"),
  get("/metrics"),
];

/** Sends a request and reads its response, of a stream only the beginning. */
async function send(port: number, request: RawRequest): Promise<string> {
  using socket = await connectRaw(port);
  await socket.send(toBytes(request));
  const isStream = () =>
    /content-type: (text\/event-stream|application\/jsonl)/i.test(socket.answer);
  // A body that is announced and does not arrive is waited for (contract 2.11).
  const waits = request.headers.some(([name]) => name === "content-length");
  if (waits) return "";
  await until(() => socket.ended || isStream(), `a response to ${shown(request)}`);
  return socket.answer;
}

function problemOf(answer: string, { path }: RawRequest): string | null {
  const [status] = statusesOf(answer);
  const isScript = answer.includes("content-type: text/javascript");
  if (!isScript && STACK.test(answer)) return "a stack";
  if (status === undefined) return null; // refused by closing the connection
  const isNamed = status === 503 && path.startsWith("/readyz");
  return status >= 500 && !isNamed ? String(status) : null;
}

function shown(request: RawRequest): string {
  return JSON.stringify(
    request,
    (_, value) =>
      typeof value === "string" && value.length > 300 ? `${value.slice(0, 300)}…` : value,
  );
}

for (const [e, endpoint] of ENDPOINTS.entries()) {
  Deno.test(`2.10 no odd request to ${endpoint.method} ${endpoint.path} is answered with a 5xx or a stack`, async () => {
    await using logs = await captureLogs();
    await using app = await openTestApp(database, { environment: { DEMO: "true" } });
    await using server = serve(app.app);
    const port = Number(new URL(server.url).port);
    const token = await app.token("ADMIN");
    const as = (name: string, value: string): RawRequest => ({
      ...endpoint,
      headers: [...endpoint.headers, [name, value]],
    });
    const signedIn = as("authorization", `Bearer ${token}`);
    const byCookie = as("cookie", `session=${token}`);
    const random = new Random(SEED + e);
    const requests = [
      endpoint,
      ...CHANGES.map((change) => change(signedIn)),
      ...CHANGES.map((change) => change(byCookie)),
      ...endpoint.path.includes("/admin.") ? INPUTS.map((change) => change(signedIn)) : [],
      ...Array.from(
        { length: COMBINED },
        (_, n) => changeAtRandom(n % 2 === 0 ? signedIn : byCookie, random),
      ),
    ];
    const problems: string[] = [];
    const queue = requests.values();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (const request of queue) {
        const answer = await send(port, request);
        const problem = problemOf(answer, request);
        if (problem !== null) {
          problems.push(`${problem}: ${shown(request)} ${answer.slice(0, 500)}`);
        }
      }
    }));
    assertEquals(problems, [], `HOSTILE_SEED=${SEED}`);
    const errors = logs.of("error").filter(({ properties }) => properties["rows"] === undefined);
    assertEquals(errors.map(({ properties }) => properties), [], `HOSTILE_SEED=${SEED}`);
  });
}
