/** An identity provider that serves its public keys on a loopback address. */

import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";

type Algorithm = "RS256" | "ES256";

/** A running identity provider. */
export interface IdentityProvider extends AsyncDisposable {
  /** The URL of its JWKS. */
  readonly url: string;
  /** Number of requests so far. */
  readonly requests: number;
  /** The public RSA key. */
  readonly publicPem: string;
  /** Signs a token with its key for `alg`. */
  sign(alg: Algorithm, payload: JWTPayload): Promise<string>;
}

/** Starts an identity provider; `answer` replaces its response. */
export async function startIdentityProvider(
  answer?: () => Response,
): Promise<IdentityProvider> {
  const pairs = {
    RS256: await generateKeyPair("RS256"),
    ES256: await generateKeyPair("ES256"),
  };
  const keys = await Promise.all(
    Object.entries(pairs).map(async ([alg, { publicKey }]) => ({
      ...await exportJWK(publicKey),
      kid: `key-${alg}`,
      alg,
      use: "sig",
    })),
  );
  const publicPem = await exportSPKI(pairs.RS256.publicKey);
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    requests += 1;
    return answer?.() ?? Response.json({ keys });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/jwks.json`,
    get requests() {
      return requests;
    },
    publicPem,
    sign: (alg, payload) =>
      new SignJWT(payload).setProtectedHeader({ alg, kid: `key-${alg}` }).sign(
        pairs[alg].privateKey,
      ),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
