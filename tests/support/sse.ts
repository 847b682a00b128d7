/** Server-sent events, read without an `EventSource`. */

/** A server-sent event. */
export interface SseEvent {
  readonly event: string;
  readonly id?: string;
  readonly data: string;
}

/** Yields the events of a response until it ends. */
export async function* sseEvents(response: Response): AsyncGenerator<SseEvent> {
  if (response.body === null) return;
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const fields = text.slice(0, end).split("\n").map((line) => line.split(/: ?(.*)/s));
      text = text.slice(end + 2);
      const { event = "message", data = "", id } = Object.fromEntries(fields);
      yield { event, data, ...(id === undefined ? {} : { id }) };
    }
  }
}
