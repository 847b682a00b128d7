/** What the load balancer sends to a process for a request, and whether it may send it twice. */

/** More than any body that the service accepts. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** What `fetch` would make up where a client sent none, so that a bot would pass for a person. */
const OWN_OF_FETCH = ["user-agent", "accept-language"];
const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"];

/** The path and query of a request; `null` where its `Host` makes no URL. It never comes from `Host`. */
export function readPath({ url }: Request): string | null {
  const parsed = URL.parse(url);
  return parsed === null ? null : `${parsed.pathname}${parsed.search}`;
}

/** Reads a body into memory, so that it can be sent again. */
export async function readBody(
  request: Request,
): Promise<Uint8Array<ArrayBuffer> | null | "too large" | "cut off"> {
  if (request.body === null) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request.body) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) return "too large";
      chunks.push(chunk);
    }
  } catch {
    return "cut off";
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** The headers to send to a process for a client at this address. */
export function forwardedHeaders(received: Headers, client: string): Headers {
  const headers = withoutHopByHop(received);
  headers.delete("content-length"); // `fetch` sets it
  headers.set("x-forwarded-for", client);
  for (const name of OWN_OF_FETCH) headers.set(name, received.get(name) ?? "");
  headers.set("accept-encoding", "identity"); // `fetch` would decompress the response
  return headers;
}

/** Headers without those of the one connection they came by. */
export function withoutHopByHop(received: Headers): Headers {
  const headers = new Headers(received);
  for (const name of HOP_BY_HOP) headers.delete(name);
  return headers;
}

/** Whether a request may be sent again although a process may have answered it; a pixel tracks an event. */
export function isRepeatable({ method, headers }: Request, path: string): boolean {
  if (headers.has("idempotency-key")) return true;
  return (method === "GET" || method === "HEAD") && !/\.gif(?:\?|$)/.test(path);
}
