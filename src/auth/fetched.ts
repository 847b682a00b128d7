/** What reads of key sets and sessions have in common: bounded texts, and reasons for the log. */

/** Reads the body of a response, up to `max` characters. */
export async function readText({ body }: Response, max: number): Promise<string> {
  if (body === null) return "";
  let text = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.length > max) throw new Error(`the response is longer than ${max / 1024} KiB`);
  }
  return text;
}

/** Why a request failed, without the URL that `fetch` adds: it may contain a credential. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Deno 2.9 says only that it failed, and why in the cause.
  const { message } = error.cause instanceof Error ? error.cause : error;
  return message.replaceAll(/(?: for url)? \(?https?:\/\/\S+/g, ":");
}
