/** Streams of errors for clients with superjson, whose link unwraps every line (contract 1.21). */

import { isEnvelope } from "../../events/transformed.ts";

/** Wraps each line of a stream in `{json}` if the inputs, a batch as JSON text, are wrapped. */
export async function wrapLines(response: Response, inputs: string): Promise<Response> {
  const { status, headers } = response;
  const isStream = headers.get("transfer-encoding") === "chunked"; // tRPC sets it for streams only
  if (!isStream || !areWrapped(inputs)) return response;
  // Errors alone, which are there at once.
  const lines = (await response.text()).split("\n");
  const wrapped = lines.map((line) => line.trim() === "" ? line : `{"json":${line}}`);
  return new Response(wrapped.join("\n"), { status, headers });
}

function areWrapped(text: string): boolean {
  if (!/"(?:json|meta)"/.test(text)) return false;
  try {
    const inputs: unknown = JSON.parse(text);
    return typeof inputs === "object" && inputs !== null && Object.values(inputs).some(isEnvelope);
  } catch {
    return false;
  }
}
