/**
 * An application with an unmodified `@trpc/client` v10. It runs in a process of its own, since both
 * versions of the client want a `@trpc/server` of their own version as their peer, and one module
 * graph resolves that to a single one.
 *
 * Reads a `Session` from standard input, makes its calls concurrently, and writes their results to
 * standard output as `Settled[]`.
 */

const VERSION = "10.45.2";

/** The part of the client that is used here. */
interface Version10 {
  readonly createTRPCUntypedClient: (options: { links: unknown[] }) => {
    query(path: string, input: unknown): Promise<unknown>;
    mutation(path: string, input: unknown): Promise<unknown>;
  };
  readonly TRPCClientError: new (message: string) => Error & { data: unknown };
  readonly httpLink: LinkFactory;
  readonly httpBatchLink: LinkFactory;
  readonly unstable_httpBatchStreamLink: LinkFactory;
}

type LinkFactory = (options: Pick<Session, "url" | "headers">) => unknown;

/** A call of a procedure. */
export interface Call {
  readonly type: "query" | "mutation";
  readonly procedure: "track" | "trackBatch" | "getStats" | "forceFlush";
  readonly input?: unknown;
}

/** The result of a call, as the client reports it. */
export type Settled =
  | { readonly data: unknown }
  | { readonly error: { readonly message: string; readonly data: unknown } };

/** The links of v10, by name. */
export type V10Link = "httpLink" | "httpBatchLink" | "unstable_httpBatchStreamLink";

/** Calls to make, and how. */
export interface Session {
  readonly link: V10Link;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly calls: readonly Call[];
}

/** Makes calls concurrently. */
async function run({ link, url, headers, calls }: Session): Promise<Settled[]> {
  // Imported by a computed name: in the module graph of the other files it would need a v10 server.
  const v10: Version10 = await import(`npm:@trpc/client@${VERSION}`);
  const client = v10.createTRPCUntypedClient({ links: [v10[link]({ url, headers })] });
  return await Promise.all(calls.map(async ({ type, procedure, input }): Promise<Settled> => {
    try {
      return { data: await client[type](`eventIngestion.${procedure}`, input) };
    } catch (error) {
      if (!(error instanceof v10.TRPCClientError)) throw error;
      return { error: { message: error.message, data: error.data } };
    }
  }));
}

if (import.meta.main) {
  const session: Session = await new Response(Deno.stdin.readable).json();
  const settled = JSON.stringify(await run(session));
  await new Blob([settled]).stream().pipeTo(Deno.stdout.writable);
}
