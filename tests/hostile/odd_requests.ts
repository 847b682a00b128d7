/** Requests that differ from a valid one in one part, and by a seed in several. */

import type { Random } from "./random.ts";

/** A request as bytes on a socket. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** Replaces a part of a request. */
type Change = (request: RawRequest) => RawRequest;

const LONG = "x".repeat(100_000);
const UUID = "ffffffff-ffff-ffff-ffff-ffffffffffff";

const METHODS = [
  "GET",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "QUERY",
  "get",
];
const CONTENT_TYPES = [
  [],
  [""],
  ["application/json; charset=foo"],
  ["application/json;charset=utf-16", "text/plain"],
  ["application/json", "application/json"],
  ["multipart/form-data"],
  ["multipart/form-data; boundary="],
  ["multipart/form-data; boundary=x; boundary=y"],
  ["application/x-www-form-urlencoded; charset=foo"],
  ["application/jsonl"],
  ["text/event-stream"],
  [";;;=,"],
  ["application/octet-stream"],
  ["*/*"],
  ["x".repeat(5_000)],
];
const BODIES = [
  "",
  "null",
  "5",
  '"text"',
  "[]",
  "{",
  "1e999",
  "\ufeff{}",
  "\u0000",
  "token=%ff%zz",
  '--x\r\ncontent-disposition: form-data; name="token"\r\n\r\n',
  '{"__proto__":{"x":1},"constructor":1,"toString":null}',
  `{"events":{"length":1}}`,
  `{"events":[null,5,"x",[],{}]}`,
  `{"eventType":"\\ud800","props":{"a":1e308}}`,
  `{"deadLetters":[{"eventId":"${UUID}","payload":"[${"[".repeat(5_000)}"}]}`,
  "[".repeat(50_000),
  LONG,
];
const QUERIES = [
  "%",
  "input=%",
  "input=%ff%fe",
  "input=%00",
  "input=",
  "input=null",
  "input=5&input={}",
  "input=%7B%7D&batch=1",
  "batch=1",
  "batch=1&input=%5B%5D",
  "batch=1&input=%7B%220%22%3A5%7D",
  "batch=%00&input=x",
  "connectionParams=%7B",
  "connectionParams=5",
  "lastEventId=x",
  "session=%",
  `session=${UUID}`,
  "eventType=%00&eventType=%ff",
  "__proto__=1&constructor[prototype]=1",
  "&&&=&=",
  LONG,
  `input=${LONG}`,
];
const PATHS = ["/", "%00", "%ff", "%2f..%2f", ";x=1", "//", ".", ",", "%2C%2c", "?"];
const HEADERS: readonly (readonly [string, string])[] = [
  ["cookie", "session=; session=a.b.c; session"],
  ["cookie", "=;=;\u00ff; __proto__=1"],
  ["cookie", `session=${"x".repeat(9_000)}`],
  ["authorization", "Bearer"],
  ["authorization", "Bearer a.b.c"],
  ["authorization", "Bearer eyJhbGciOiJub25lIn0.e30."],
  ["authorization", "Bearer eyJhbGciOjV9.bnVsbA.x"],
  ["authorization", "Basic \u00ff"],
  ["host", ""],
  ["host", "a b"],
  ["host", "x:99999999"],
  ["host", "["],
  ["host", "%"],
  ["host", "a/b?c#d"],
  ["host", "\u00fcber.example"],
  ["host", "two.example\r\nhost: hosts.example"],
  ["origin", "null"],
  ["origin", "http://["],
  ["origin", "https://a.example, https://b.example"],
  ["origin", "\u00ff"],
  ["content-encoding", "gzip"],
  ["content-encoding", "br, gzip"],
  ["content-encoding", ""],
  ["accept", "application/jsonl"],
  ["accept", "text/event-stream;q=x"],
  ["trpc-accept", "application/jsonl"],
  ["x-trpc-source", "\u00ff"],
  ["last-event-id", "x"],
  ["idempotency-key", '"'],
  ["idempotency-key", UUID],
  ["x-request-id", "\u00ff../.."],
  ["traceparent", "00-x-y-z"],
  ["x-forwarded-for", "[::1]:x,,1.2.3.4.5"],
  ["access-control-request-method", "\u00ff"],
  ["access-control-request-headers", "x".repeat(5_000)],
  ["if-none-match", 'W/"'],
  ["range", "bytes=5-1"],
  ["sec-ch-ua", ';v="'],
  ["sec-gpc", "\u00ff"],
  ["expect", "100-continue"],
  ["upgrade", "websocket"],
  ["content-length", "99999999999999999999"],
  ["transfer-encoding", "x"],
];
const VALUES = [
  null,
  true,
  -1,
  0.5,
  1e9,
  1e308,
  "",
  "x",
  "\u0000",
  "\ud800",
  UUID,
  `${UUID}\n`,
  `9223372036854775807~${UUID}`,
  `-9223372036854775808~${UUID}`,
  `-Infinity~${UUID}`,
  `NaN~${UUID}`,
  "hour",
  [],
  [UUID],
  [{ eventId: UUID, payload: "{}" }],
  Array(101).fill(UUID),
  {},
  { length: 5 },
];
const FIELDS = [
  "limit",
  "cursor",
  "type",
  "sessionId",
  "userId",
  "state",
  "measure",
  "range",
  "eventId",
  "idempotencyKey",
  "lastEventId",
  "deadLetters",
  "eventIds",
  "direction",
];

/** Every change of one part. */
export const CHANGES: readonly Change[] = [
  ...METHODS.map((method): Change => (request) => ({ ...request, method })),
  ...CONTENT_TYPES.map((types): Change => (request) => ({
    ...request,
    headers: [
      ...without(request, "content-type"),
      ...types.map((type) => ["content-type", type] as const),
    ],
  })),
  ...BODIES.map((body): Change => (request) => ({ ...request, body })),
  ...QUERIES.map((query): Change => (request) => ({ ...request, query })),
  ...PATHS.map((path): Change => (request) => ({ ...request, path: request.path + path })),
  ...HEADERS.map((header): Change => (request) => ({
    ...request,
    headers: [...without(request, header[0]), header],
  })),
];

/** Every change of one field of a procedure's input. */
export const INPUTS: readonly Change[] = FIELDS.flatMap((field) =>
  VALUES.map((value): Change => (request) => withInput(request, { [field]: value }))
);

/** A request with up to three changes. */
export function changeAtRandom(request: RawRequest, random: Random): RawRequest {
  let changed = request;
  for (let n = random.below(3); n >= 0; n--) {
    changed = CHANGES[random.below(CHANGES.length)]?.(changed) ?? changed;
  }
  return changed;
}

/** A request's bytes. Text is latin1, so that a character is a byte. */
export function toBytes({ method, path, query, headers, body }: RawRequest): Uint8Array {
  const encoder = new TextEncoder();
  const content = encoder.encode(body);
  const sized = ["content-length", "transfer-encoding"].some((name) =>
    headers.some(([other]) => other === name)
  );
  const lines = [
    ...headers,
    ...sized || method === "GET" ? [] : [["content-length", String(content.length)] as const],
    ["connection", "close"] as const,
  ].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${path}${query === "" ? "" : `?${query}`} HTTP/1.1\r\n${
    lines.join("")
  }\r\n`;
  const bytes = Uint8Array.from(head, (character) => character.charCodeAt(0) & 0xff);
  return sized || method !== "GET" ? new Uint8Array([...bytes, ...content]) : bytes;
}

function without({ headers }: RawRequest, name: string) {
  return headers.filter(([other]) => other !== name);
}

/** Gives a procedure an input, as its method passes it. */
function withInput(request: RawRequest, input: Readonly<Record<string, unknown>>): RawRequest {
  return request.method === "GET"
    ? { ...request, query: `input=${encodeURIComponent(JSON.stringify(input))}` }
    : { ...request, body: JSON.stringify(input) };
}
