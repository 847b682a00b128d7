/** Reads request bodies up to a limit; a gzip bomb is not inflated past it. */

import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import zlib from "node:zlib";
import type { Deadline } from "./deadline.ts";

/** The largest body in bytes, after decompression. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** How long a body may take to arrive: enough for 1 MiB over a bad mobile network. */
export const BODY_MS = 30_000;

/** A body as text, or why it could not be read. */
export type Body =
  | { readonly ok: true; readonly text: string }
  | {
    readonly ok: false;
    readonly code: "PAYLOAD_TOO_LARGE" | "BAD_REQUEST" | "UNSUPPORTED_MEDIA_TYPE" | "TIMEOUT";
    readonly message: string;
  };

/** A body parsed as JSON, or why it could not be. */
export type JsonBody = { readonly ok: true; readonly value: unknown } | Body & { ok: false };

/** Whether a body is uncompressed and declares a length within the limit, so that it needs no counting. */
export function isPlainAndSmall(request: Request): boolean {
  const length = request.headers.get("content-length");
  return length !== null && Number(length) <= MAX_BODY_BYTES &&
    !request.headers.has("content-encoding");
}

/**
 * Reads a body as text, decompressing gzip. A body that is too slow is an error, but Deno keeps the
 * connection open for as long as the caller does.
 */
export function readText(request: Request, deadline: Deadline): Promise<Body> {
  return deadline.within<Body>(read(request), TOO_SLOW);
}

/** Reads a body for which `isPlainAndSmall` is true. */
export function readPlainText(request: Request, deadline: Deadline): Promise<Body> {
  return deadline.within<Body>(readPlain(request), TOO_SLOW);
}

function readPlain(request: Request): Promise<Body> {
  return request.text().then((text) => ({ ok: true, text }), () => INCOMPLETE);
}

async function read(request: Request): Promise<Body> {
  if (isPlainAndSmall(request)) return await readPlain(request);
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) return tooLarge();
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && encoding !== "gzip") {
    return {
      ok: false,
      code: "UNSUPPORTED_MEDIA_TYPE",
      message: `content-encoding must be gzip or omitted, got ${
        JSON.stringify(encoding.slice(0, 40))
      }`,
    };
  }
  try {
    if (request.body === null) return { ok: true, text: "" };
    const bytes = await readBounded(request.body);
    const plain = encoding === "gzip" ? await inflate(bytes) : bytes;
    return { ok: true, text: new TextDecoder().decode(plain) };
  } catch (error) {
    if (error instanceof RangeError) return tooLarge();
    return INCOMPLETE;
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
export async function readJson(request: Request, deadline: Deadline): Promise<JsonBody> {
  const body = await readText(request, deadline);
  if (!body.ok) return body;
  try {
    return { ok: true, value: JSON.parse(body.text) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      code: "BAD_REQUEST",
      message: `The body is not valid JSON: ${reason.slice(0, 120)}`,
    };
  }
}

/** @throws {RangeError} beyond the limit */
async function readBounded(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new RangeError("too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

const gunzip = promisify(zlib.gunzip);

/**
 * Not DecompressionStream: that inflates a whole chunk, a thousandfold at worst, before it can be counted.
 *
 * @throws {RangeError} beyond the limit
 */
function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  return gunzip(bytes, { maxOutputLength: MAX_BODY_BYTES });
}

const INCOMPLETE: Body = {
  ok: false,
  code: "BAD_REQUEST",
  message: "The body is incomplete or invalid gzip",
};

const TOO_SLOW: Body = {
  ok: false,
  code: "TIMEOUT",
  message: `The body did not arrive within ${BODY_MS / 1000} s`,
};

function tooLarge(): Body & { ok: false } {
  return {
    ok: false,
    code: "PAYLOAD_TOO_LARGE",
    message: `The body is too large; the limit is ${MAX_BODY_BYTES} bytes after decompression`,
  };
}
