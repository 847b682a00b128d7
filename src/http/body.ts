/** Reads request bodies up to a limit, whatever their content coding and charset. */

import { Buffer } from "node:buffer";
import type { WorkLimit } from "../limits/work_limit.ts";
import type { ByteBudget, Hold } from "./byte_budget.ts";
import { decodeText, readCharset } from "./charset.ts";
import { ACCEPTED_CODINGS, decodeContent, readCodings } from "./content_coding.ts";
import type { Deadline } from "./deadline.ts";
import { describeJsonProblem } from "./json_problem.ts";

/** The largest body in bytes, after decompression. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** How long a body may take to arrive: enough for 1 MiB over a bad mobile network. */
export const BODY_MS = 30_000;

/** A body as text, or why it could not be read. */
export type Body =
  | {
    readonly ok: true;
    readonly text: string;
    /** Of a long body that is JSON: what it says. */
    readonly json?: { readonly value: unknown };
  }
  | {
    readonly ok: false;
    readonly code:
      | "PAYLOAD_TOO_LARGE"
      | "BAD_REQUEST"
      | "UNSUPPORTED_MEDIA_TYPE"
      | "TIMEOUT"
      | "TOO_MANY_REQUESTS";
    readonly message: string;
    readonly retryAfterSeconds?: number;
    /** The codings that the body may have, if it has another. */
    readonly acceptEncoding?: string;
  };

/** A body parsed as JSON, or why it could not be. */
export type JsonBody = { readonly ok: true; readonly value: unknown } | Body & { ok: false };

/**
 * Bodies up to this length are read by Deno as a whole, which is fastest. It keeps three times the bytes of
 * one that does not end, for as long as the connection is open; longer ones are read in chunks and counted.
 */
const WHOLE_BYTES = 16 * 1024;

/** Text longer than this is expensive to process. */
const CHEAP_LENGTH = 64 * 1024;

/** Bytes of longer bodies that may be arriving at a time. */
export const MAX_ARRIVING_BYTES: number = 64 * MAX_BODY_BYTES;

/** When a caller should try again that found too many bytes arriving. */
const RETRY_AFTER_SECONDS = 5;

/** What bounds bodies while they arrive. */
export interface BodyLimits {
  /** Each by itself, in time. */
  readonly deadline: Deadline;
  /** All long ones together, and those of one network, in bytes. */
  readonly arriving: ByteBudget;
  /** Those of one network, in the time that they cost. */
  readonly work: WorkLimit;
}

/** Reads the address of the caller, which only long bodies need. */
export type ReadIp = () => string | null;

/**
 * What a long body counts for, by the time to parse it: copies, checks and hashes of its events took up to
 * five times as long.
 */
const WORK_FACTOR = 5;

/** Whether a body is uncompressed and declares a length within the limit. */
export function isPlainAndSmall(request: Request): boolean {
  const length = request.headers.get("content-length");
  return length !== null && Number(length) <= MAX_BODY_BYTES &&
    !request.headers.has("content-encoding");
}

/** Reads a body as text, decompressed and decoded. Nothing is kept of a long one that is too slow. */
export function readText(request: Request, limits: BodyLimits, readIp: ReadIp): Promise<Body> {
  const charset = readCharset(request.headers.get("content-type"));
  return isPlainAndSmall(request)
    ? readPlainText(request, limits, readIp, charset)
    : readLong(request, limits, readIp, charset);
}

/** Reads a body for which `isPlainAndSmall` is true; `charset` is `null` for UTF-8. */
export function readPlainText(
  request: Request,
  limits: BodyLimits,
  readIp: ReadIp,
  charset: string | null = null,
): Promise<Body> {
  return Number(request.headers.get("content-length")) <= WHOLE_BYTES
    ? limits.deadline.within<Body>(readWhole(request, charset), TOO_SLOW)
    : readLong(request, limits, readIp, charset);
}

/** Reads a body that may be long, unless the long ones before it cost too much. */
async function readLong(
  request: Request,
  limits: BodyLimits,
  readIp: ReadIp,
  charset: string | null,
): Promise<Body> {
  const body = await readInChunks(request, limits, readIp, charset);
  if (!body.ok || body.text.length <= CHEAP_LENGTH) return body;
  const ip = readIp();
  const retryAfterSeconds = limits.work.check(ip);
  if (retryAfterSeconds !== null) return { ...TOO_MUCH_WORK, retryAfterSeconds };
  const { text } = body;
  const startedAt = performance.now();
  try {
    return { ok: true, text, json: { value: JSON.parse(text) } };
  } catch {
    return body; // the parser says why it is invalid
  } finally {
    limits.work.spend(ip, (performance.now() - startedAt) * WORK_FACTOR);
  }
}

function readWhole(request: Request, charset: string | null): Promise<Body> {
  // Not `text()`, which replaces bytes that are not UTF-8.
  return request.bytes().then((bytes) => decodeText(bytes, charset), () => INCOMPLETE);
}

async function readInChunks(
  request: Request,
  { deadline, arriving }: BodyLimits,
  readIp: ReadIp,
  charset: string | null,
): Promise<Body> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) return tooLarge();
  const codings = readCodings(request.headers.get("content-encoding"));
  if (codings === null) return unknownCoding(request.headers.get("content-encoding") ?? "");
  if (request.body === null) return { ok: true, text: "" };
  const reader = request.body.getReader();
  const hold = arriving.open(readIp());
  const body = await deadline.within<Body>(decode(reader, hold, codings, charset), TOO_SLOW);
  // Otherwise Deno keeps what has arrived, and goes on reading, while the connection is open.
  if (!body.ok) reader.cancel().catch(() => {});
  return body;
}

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

async function decode(
  reader: Reader,
  hold: Hold,
  codings: readonly string[],
  charset: string | null,
): Promise<Body> {
  let bytes: Uint8Array | null;
  try {
    bytes = await readBounded(reader, hold);
    if (bytes === null) return TOO_MANY_BYTES;
  } catch (error) {
    return error instanceof RangeError ? tooLarge() : INCOMPLETE;
  }
  try {
    return decodeText(await decodeContent(bytes, codings, MAX_BODY_BYTES), charset);
  } catch (error) {
    return error instanceof RangeError ? tooLarge() : undecodable(codings);
  }
}

/** Copies a request, with a body that was read and decompressed. */
export function withBody(request: Request, text: string): Request {
  const { url, method, signal } = request;
  const headers = new Headers(request.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  // `null` for an empty body: "" would set a content type.
  return new Request(url, { method, headers, signal, body: text === "" ? null : text });
}

/** Reads a body as JSON. */
export async function readJson(
  request: Request,
  limits: BodyLimits,
  readIp: ReadIp,
): Promise<JsonBody> {
  const body = await readText(request, limits, readIp);
  if (!body.ok) return body;
  if (body.json !== undefined) return { ok: true, value: body.json.value };
  try {
    return { ok: true, value: JSON.parse(body.text) };
  } catch {
    return notJson(body.text);
  }
}

/** Why a text cannot be parsed as JSON. */
export function notJson(text: string): Body & { ok: false } {
  const message = `The body is not valid JSON: ${describeJsonProblem(text)}`;
  return { ok: false, code: "BAD_REQUEST", message };
}

/**
 * Reads all chunks; `null` if too many bytes are arriving.
 *
 * @throws {RangeError} beyond the limit
 */
async function readBounded(reader: Reader, hold: Hold): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(chunks, length);
      if (length + value.length > MAX_BODY_BYTES) throw new RangeError("too large");
      if (!hold.take(value.length)) return null;
      length += value.length;
      chunks.push(value);
    }
  } finally {
    hold.release();
  }
}

/** Not 400, as the body may be whole where it came from: a connection broke, or this process stops. */
const INCOMPLETE: Body = {
  ok: false,
  code: "TIMEOUT",
  message: "The body is incomplete; send it again",
};

const TOO_SLOW: Body = {
  ok: false,
  code: "TIMEOUT",
  message: `The body did not arrive within ${BODY_MS / 1000} s`,
};

const TOO_MANY_BYTES: Body = {
  ok: false,
  code: "TOO_MANY_REQUESTS",
  message: "Too many bytes of long bodies are arriving, from this address or from all",
  retryAfterSeconds: RETRY_AFTER_SECONDS,
};

const TOO_MUCH_WORK = {
  ok: false,
  code: "TOO_MANY_REQUESTS",
  message: `Bodies longer than ${CHEAP_LENGTH} bytes from this address take too long to process`,
} as const;

function tooLarge(): Body & { ok: false } {
  return {
    ok: false,
    code: "PAYLOAD_TOO_LARGE",
    message: `The body is too large; the limit is ${MAX_BODY_BYTES} bytes after decompression`,
  };
}

function undecodable(codings: readonly string[]): Body {
  const message = `The body is incomplete, or not ${codings.join(", ")} as content-encoding says`;
  return { ok: false, code: "BAD_REQUEST", message };
}

function unknownCoding(header: string): Body {
  return {
    ok: false,
    code: "UNSUPPORTED_MEDIA_TYPE",
    message: `content-encoding must be omitted or one of ${ACCEPTED_CODINGS}, got ${
      JSON.stringify(header.slice(0, 40))
    }`,
    acceptEncoding: ACCEPTED_CODINGS,
  };
}
