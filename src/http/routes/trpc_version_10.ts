/** What `unstable_httpBatchStreamLink` of @trpc/client v10 expects, and v11's adapter does not send. */

/**
 * Rewrites a batch's answer `[a, b]` as the lines `{"0":a`, `,"1":b`, `}`. Nothing is gained by
 * streaming them one by one: an answer waits for the commit that it shares with its neighbours.
 */
export async function asVersion10Stream(response: Response): Promise<Response> {
  const json = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  if (response.body === null || !json) return response;
  const answers: unknown = await response.json();
  const { status, headers } = response;
  headers.delete("content-length");
  if (!Array.isArray(answers)) return Response.json(answers, { status, headers });
  const lines = answers.map((answer, i) =>
    `${i === 0 ? "{" : ","}"${i}":${JSON.stringify(answer)}\n`
  );
  return new Response(`${lines.join("")}}`, { status, headers });
}
