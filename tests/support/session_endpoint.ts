/** The endpoint of a login that says whose session a cookie is, on a loopback address. */

/** How the endpoint answers. */
export type SessionAnswerer = (request: Request) => Response | Promise<Response>;

/** A running endpoint. */
export interface SessionEndpoint extends AsyncDisposable {
  readonly url: string;
  /** The header `Cookie` of each request so far. */
  readonly asked: readonly string[];
  /** Answers differently from now on. */
  answer(answer: SessionAnswerer): void;
  /** Accepts requests and answers them only once another answer is set, or it is disposed. */
  hang(): void;
}

/** Starts an endpoint. */
export function startSessionEndpoint(answer: SessionAnswerer): SessionEndpoint {
  let current = answer;
  let hanging = Promise.withResolvers<void>();
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    asked.push(request.headers.get("cookie") ?? "");
    return current(request);
  });
  function release(): void {
    hanging.resolve();
    hanging = Promise.withResolvers();
  }
  return {
    url: `http://127.0.0.1:${server.addr.port}/api/auth/get-session`,
    asked,
    answer(next) {
      current = next;
      release();
    },
    hang() {
      const { promise } = hanging;
      current = () => promise.then(() => Response.json(null));
    },
    async [Symbol.asyncDispose]() {
      current = () => Response.json(null);
      release();
      await server.shutdown();
    },
  };
}
