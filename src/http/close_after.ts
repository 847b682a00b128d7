/** Ends a connection with a response. */

/** Lets the caller connect again, elsewhere or a moment later, instead of being cut off. */
export async function closeAfter(response: Response | Promise<Response>): Promise<Response> {
  const { headers, status, statusText, body } = await response;
  const closing = new Headers(headers); // those of some responses are immutable
  closing.set("connection", "close");
  return new Response(body, { headers: closing, status, statusText });
}
