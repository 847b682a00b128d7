/** Malformed bytes on a real socket: invalid HTTP from the start, or from some point on. */

import { openTestApp } from "../support/app.ts";
import { assert, assertEquals, assertGreater } from "../support/assert.ts";
import { startReconciliation } from "../support/reconciliation.ts";
import { captureLogs } from "../support/logs.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { rawRequest, statusesOf } from "../support/raw_socket.ts";
import { serve } from "../support/server.ts";
import { Random, SEED } from "./random.ts";

const postgres = await openTestPostgres();
const { database } = postgres;
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const REQUESTS = 2_000;
const AT_ONCE = 100;
const TIMEOUT_MS = 20_000;

const encoder = new TextEncoder();

const ROUTES: readonly (readonly [string, string])[] = [
  ["POST", "/v1/events"],
  ["POST", "/v1/events/batch"],
  ["POST", "/v1/beacon"],
  ["POST", "/api/trpc/eventIngestion.track"],
  ["POST", "/api/trpc/eventIngestion.track?batch=1"],
  ["GET", "/api/trpc/eventIngestion.getStats"],
  ["GET", "/v1/pixel.gif?eventType=email_opened"],
  ["GET", "/livez"],
  ["GET", "/nowhere"],
];
const BODY = JSON.stringify({ eventType: "page_viewed", events: [{ eventType: "page_viewed" }] });
const LENGTHS = ["0", "-1", "abc", "1", "99999999999999999999", "5, 6", "+7", "0x10"];
const CODINGS = [
  "chunked",
  "gzip, chunked",
  "chunked, chunked",
  "identity",
  "xchunked",
  " chunked",
];
const CHUNKS = [
  "zz\r\n{}\r\n0\r\n\r\n",
  '5\r\n{"a"',
  "ffffffffffffffffff\r\n",
  '1;ext="\r\n{\r\n0\r\n\r\n',
  "-1\r\n\r\n",
  "0\r\nx: y\r\n\r\n",
];
const HEADER_JUNK = [
  "\u0000: x",
  "x",
  ": x",
  "x\u0001y: z",
  "x : y",
  "\tfolded: x",
  "a: b\rc: d",
  "x: \u0007\u001b[2J",
  "host: other",
  `x: ${"y".repeat(70_000)}`,
];

/** Makes bytes that begin like a request. */
function makeBytes(random: Random): Uint8Array {
  const [method, path] = random.pick(ROUTES);
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "content-length": `${BODY.length}`,
  };
  let body = BODY;
  const junk: string[] = [];
  switch (random.below(6)) {
    case 0:
      headers["content-length"] = random.pick(LENGTHS);
      break;
    case 1:
      delete headers["content-length"];
      headers["transfer-encoding"] = random.pick(CODINGS);
      body = random.pick(CHUNKS);
      break;
    case 2:
      headers["transfer-encoding"] = "chunked"; // and a content-length: request smuggling
      body = `0\r\n\r\n${rawRequest("GET", "/livez")}`;
      break;
    case 3:
      junk.push(random.pick(HEADER_JUNK));
      break;
    case 4:
      headers["host"] = random.pick(["", "[", "a b", "x:99999999", "%00", "ü"]);
      break;
    default:
      headers[random.pick(["expect", "upgrade", "connection", "te", "http2-settings"])] = random
        .pick([
          "x",
          "100-continue",
          "websocket",
          "h2c",
          "close, x",
          "",
        ]);
  }
  let text = rawRequest(method, path, headers, body);
  if (junk.length > 0) text = text.replace("\r\n", `\r\n${junk.join("\r\n")}\r\n`);
  if (random.percent(15)) {
    text = text.replace(
      " HTTP/1.1",
      random.pick([" HTTP/9.9", " HTTP/1.0", "", " http/1.1", " HTTP/1.1 x"]),
    );
  }
  if (random.percent(20)) text += rawRequest("GET", "/livez"); // a pipelined request
  const bytes = encoder.encode(text);
  if (random.percent(25)) return bytes.subarray(0, random.below(bytes.length + 1));
  if (random.percent(25)) bytes.set(random.bytes(2), random.below(bytes.length - 1));
  return bytes;
}

/** Sends bytes, ends the input and returns what was received until the connection ends. */
async function exchange(port: number, bytes: Uint8Array): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error("the connection hangs")), TIMEOUT_MS);
  let answer = "";
  const reading = (async () => {
    for await (const chunk of connection.readable) {
      answer += new TextDecoder("latin1").decode(chunk);
    }
  })();
  try {
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
    await connection.closeWrite();
    await Promise.race([reading, timeout.promise]);
  } catch (error) {
    // The service may close before it has read everything.
    if (
      !(error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
        error instanceof Deno.errors.NotConnected)
    ) throw error;
    await reading.catch(() => {});
  } finally {
    clearTimeout(timer);
    try {
      connection.close();
    } catch {
      // Reading the stream to its end has closed it.
    }
  }
  return answer;
}

Deno.test("malformed bytes on a socket cause no 500 and no hanging connection", async () => {
  await using logs = await captureLogs();
  await using app = await openTestApp(database, { environment: { ENABLE_ENRICHMENT: "false" } });
  const reconciliation = await startReconciliation(app, database);
  const server = serve(app.app);
  await using _ = server;
  const port = Number(new URL(server.url).port);
  const seen = new Map<number, number>();
  for (let from = 0; from < REQUESTS; from += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, async (_, i) => {
      const bytes = makeBytes(new Random(SEED + from + i));
      const shown = JSON.stringify(new TextDecoder("latin1").decode(bytes)).slice(0, 1_000);
      const answer = await exchange(port, bytes).catch((error) => {
        throw new Error(`${error} after ${shown} (request ${from + i} of HOSTILE_SEED=${SEED})`);
      });
      for (const status of statusesOf(answer)) {
        seen.set(status, (seen.get(status) ?? 0) + 1);
        assert(
          status < 500,
          `${status} for ${shown} (request ${from + i} of HOSTILE_SEED=${SEED})`,
        );
      }
    }));
  }
  assertGreater(seen.get(400) ?? 0, REQUESTS / 10, `${[...seen]}`);
  assertGreater(seen.size, 2, `${[...seen]}`);
  const good = await fetch(`${server.url}/v1/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"eventType":"after_the_storm"}',
  });
  assertEquals(await good.json(), { eventId: null, tracked: true });
  await reconciliation.finish();
  assertEquals(logs.of("error").map(({ properties }) => properties), [], `HOSTILE_SEED=${SEED}`);
});
