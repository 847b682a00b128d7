/** An identity provider that serves its public keys on a loopback address. */

import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";

type Algorithm = "RS256" | "ES256";

/** How an identity provider answers; by default with its keys. */
export type JwksAnswer = () => Response | Promise<Response>;

/** A running identity provider. */
export interface IdentityProvider extends AsyncDisposable {
  /** The URL of its JWKS. */
  readonly url: string;
  /** Number of requests so far. */
  readonly requests: number;
  /** The public RSA key. */
  readonly publicPem: string;
  /** Signs a token with its key for `alg`. */
  sign(alg: Algorithm, payload: JWTPayload, header?: { readonly kid?: string }): Promise<string>;
  /** Answers differently from now on; `null`: with its keys. */
  answer(answer: JwksAnswer | null): void;
  /** Accepts requests and answers, with its keys, only once another answer is set or it is disposed. */
  hang(): void;
  /** Replaces its keys by new ones, whose ids end with `suffix`. */
  rotate(suffix: string): Promise<void>;
}

/** Starts an identity provider; `answer` replaces its response. */
export async function startIdentityProvider(answer?: JwksAnswer): Promise<IdentityProvider> {
  let keys = await generateKeys("");
  const publicPem = await exportSPKI(keys.pairs.RS256.publicKey);
  let current: JwksAnswer | null = answer ?? null;
  let hanging = Promise.withResolvers<Response>();
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    requests += 1;
    return current?.() ?? Response.json({ keys: keys.jwks });
  });
  function release(): void {
    hanging.resolve(Response.json({ keys: keys.jwks }));
    hanging = Promise.withResolvers();
  }
  return {
    url: `http://127.0.0.1:${server.addr.port}/jwks.json`,
    get requests() {
      return requests;
    },
    publicPem,
    sign: (alg, payload, header = { kid: keys.kidOf(alg) }) =>
      new SignJWT(payload).setProtectedHeader({ alg, ...header }).sign(
        keys.pairs[alg].privateKey,
      ),
    answer(next) {
      current = next;
      release();
    },
    hang() {
      current = () => hanging.promise;
    },
    async rotate(suffix) {
      keys = await generateKeys(suffix);
    },
    async [Symbol.asyncDispose]() {
      current = null;
      release();
      await server.shutdown();
    },
  };
}

async function generateKeys(suffix: string) {
  const pairs = {
    RS256: await generateKeyPair("RS256"),
    ES256: await generateKeyPair("ES256"),
  };
  const kidOf = (alg: string) => `key-${alg}${suffix}`;
  const jwks = await Promise.all(
    Object.entries(pairs).map(async ([alg, { publicKey }]) => ({
      ...await exportJWK(publicKey),
      kid: kidOf(alg),
      alg,
      use: "sig",
    })),
  );
  return { pairs, jwks, kidOf };
}
