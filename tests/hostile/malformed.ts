/** Derives malformed requests from valid ones, by a seed. */

import zlib from "node:zlib";
import { Buffer } from "node:buffer";
import type { Random } from "./random.ts";
import { HOSTILE_STRINGS, PROTOTYPE_NAMES } from "./strings.ts";

/** An endpoint, and a valid request to it. */
export interface Route {
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Makes query or body of a valid request. */
  readonly valid: (n: number) => unknown;
}

/** A malformed request. */
export interface Malformed {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer> | null;
}

const encoder = new TextEncoder();
const BOMB = zlib.gzipSync(Buffer.alloc(8 * 1024 * 1024));

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  5e-324,
  "",
  [],
  {},
  [[]],
  [null],
  { length: 1e9 },
  { toJSON: 1 },
  "2026-02-30T25:61:61Z",
  8.64e15,
  -8.64e15,
  "00000000-0000-0000-0000-00000000000",
];
const CONTENT_TYPES = [
  "",
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "multipart/form-data; boundary=x",
  "application/octet-stream",
  "application/json; charset=utf-16",
  "application/jsonl",
  "text/event-stream",
  "application/json, text/plain",
  ";;;",
  "*/*",
  "APPLICATION/JSON",
];
const ENCODINGS = ["gzip", "br", "deflate", "gzip, gzip", "identity", "", "GZIP", "x"];
const LENGTHS = ["0", "-1", "abc", "1e3", "99999999999999999999", "1048577", "3", " 7 "];
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "PROPFIND"];
const QUERIES = [
  "batch=1",
  "batch=1&batch=2",
  "batch=0",
  "input=",
  "input=%7B",
  "input=null",
  "input=%22x%22",
  "input=%7B%220%22%3Anull%7D&batch=1",
  "input=%E0%A4%A",
  "connectionParams=1",
  "connectionParams=null",
  "__proto__=1",
  "constructor[prototype]=1",
  "%",
  "&&&===",
  "lastEventId=1",
  "eventType=%00",
  "eventType=a&eventType=b",
];
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ["authorization", [
    "Bearer",
    "Bearer a.b.c",
    "Basic eDp5",
    "Bearer eyJhbGciOiJub25lIn0.e30.",
    "bearer  x  y",
  ]],
  ["cookie", ["session=", "session=a.b.c; session=x", "=;=;", "__proto__=1"]],
  ["accept", ["application/jsonl", "text/event-stream", "*/*;q=x"]],
  ["trpc-accept", ["application/jsonl", "x"]],
  ["trpc-batch-mode", ["stream", "x"]],
  ["x-trpc-source", ["x"]],
  ["x-request-id", ["../../etc/passwd", "x".repeat(10_000), "%0a"]],
  ["x-forwarded-for", [",,,", "::ffff:1.2.3.4.5", "1".repeat(5_000), "[::1]:x"]],
  ["sec-ch-ua", ['"', ';v="', '"a";v="'.repeat(500)]],
  ["sec-gpc", ["1", "x"]],
  ["user-agent", ["", "x".repeat(20_000), "Mozilla/".repeat(2_000), "(".repeat(500)]],
  ["accept-language", ["x".repeat(9_000), ";q=1"]],
  ["origin", ["null", "http://[", "javascript:alert(1)"]],
  ["referer", ["http://[", "x".repeat(9_000)]],
  ["access-control-request-headers", ["x".repeat(5_000)]],
  ["expect", ["x"]],
  ["range", ["bytes=-1"]],
  ["if-none-match", ["*", '"', 'W/"']],
  ["last-event-id", ["-1"]],
];

/** Makes the nth malformed request to an endpoint. */
export function makeMalformed(route: Route, n: number, random: Random): Malformed {
  const posts = route.method === "POST";
  const headers = new Map<string, string>(posts ? [["content-type", "application/json"]] : []);
  const valid = route.valid(n);
  let body = posts ? encoder.encode(toJson(damage(valid, random), random)) : null;
  let path = posts ? route.path : withQuery(route.path, damage(valid, random));
  for (let flaws = 1 + random.below(3); flaws > 0; flaws--) {
    switch (random.below(10)) {
      case 0:
      case 1:
      case 2:
        if (body !== null) body = corrupt(body, random);
        break;
      case 3:
        headers.set("content-type", random.pick(CONTENT_TYPES));
        break;
      case 4: {
        headers.set("content-encoding", random.pick(ENCODINGS));
        if (body !== null && random.percent(70)) body = compress(body, random);
        break;
      }
      case 5:
        headers.set("content-length", random.pick(LENGTHS));
        break;
      case 6:
        path += `${path.includes("?") ? "&" : "?"}${random.pick(QUERIES)}`;
        break;
      default: {
        const [name, values] = random.pick(HEADERS);
        headers.set(name, random.pick(values));
      }
    }
  }
  const method = random.percent(5) ? random.pick(METHODS) : route.method;
  return { method, path, headers: [...headers], body };
}

function withQuery(path: string, value: unknown): string {
  const pairs = typeof value === "object" && value !== null
    ? Object.entries(value)
    : [["input", value]];
  const query = new URLSearchParams(
    pairs.map(([name, given]) => [
      String(name),
      typeof given === "string" ? given : JSON.stringify(given) ?? "",
    ]),
  ).toString();
  return query === "" ? path : `${path}?${query}`;
}

/** Copies a value with one wrong part somewhere. */
function damage(value: unknown, random: Random): unknown {
  const inside = typeof value === "object" && value !== null;
  if (!inside || random.percent(20)) {
    return random.percent(50) ? random.pick(VALUES) : random.pick(HOSTILE_STRINGS);
  }
  if (Array.isArray(value)) {
    const at = random.below(value.length);
    return value.map((item, i) => i === at ? damage(item, random) : item);
  }
  const members: [string, unknown][] = Object.entries(value);
  const at = random.below(members.length);
  const [name = "", old] = members[at] ?? [];
  members[at] = random.percent(20)
    ? [random.percent(50) ? random.pick(PROTOTYPE_NAMES) : random.pick(HOSTILE_STRINGS), old]
    : [name, damage(old, random)];
  return Object.fromEntries(members);
}

/** Formats JSON, sometimes with what `JSON.stringify` would never write. */
function toJson(value: unknown, random: Random): string {
  const json = JSON.stringify(value) ?? "";
  if (!random.percent(12)) return json;
  switch (random.below(7)) {
    case 0:
      return json.replace(/[{]/, `{"${"k".repeat(random.below(60_000))}":1,`);
    case 1: {
      const depth = random.percent(20) ? 50_000 : random.below(100);
      return json.replace(
        /\{|\[|"/,
        (first) => `${first === "{" ? '{"props":' : ""}${"[".repeat(depth)}`,
      );
    }
    case 2: {
      const depth = random.percent(20) ? 20_000 : random.below(100);
      return json.replace(/\}$/, `,"props":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}`);
    }
    case 3:
      return json.replace(/\}$/, ',"props":{"n":1e999,"m":-0,"o":1e-999}}');
    case 4:
      return json.replace(
        /\}$/,
        ',"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      );
    case 5:
      return `\ufeff ${json}\u0000`;
    default:
      return json.replace(/"/g, random.pick(["'", "\\u0022", '"\\ud800']));
  }
}

/** Truncates, changes or inserts bytes. */
function corrupt(body: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.below(body.length + 1);
  switch (random.below(5)) {
    case 0:
      return body.slice(0, at);
    case 1:
      return Uint8Array.from([
        ...body.subarray(0, at),
        ...random.bytes(1 + random.below(4)),
        ...body.subarray(at),
      ]);
    case 2:
      return random.bytes(random.below(200));
    case 3:
      return new Uint8Array();
    default: {
      const copy = body.slice();
      if (copy.length > 0) copy[at % copy.length] = 128 + random.below(128);
      return copy;
    }
  }
}

function compress(body: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const whole = Uint8Array.from(random.percent(3) ? BOMB : zlib.gzipSync(body));
  return random.percent(30) ? corrupt(whole, random) : whole;
}
