/** The stream that `unstable_httpBatchStreamLink` of @trpc/client v10 expects and v11's adapter does not send. */

/**
 * Rewrites a batch response `[a, b]` as the lines `{"0":a`, `,"1":b`, `}`. Streaming them one by one would
 * gain nothing: the events of a batch wait for the same commit.
 */
export async function asVersion10Stream(response: Response): Promise<Response> {
  const json = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  if (response.body === null || !json) return response;
  const results: unknown = await response.json();
  const { status, headers } = response;
  headers.delete("content-length");
  if (!Array.isArray(results)) return Response.json(results, { status, headers });
  const lines = results.map((result, i) =>
    `${i === 0 ? "{" : ","}"${i}":${JSON.stringify(result)}\n`
  );
  return new Response(`${lines.join("")}}`, { status, headers });
}
