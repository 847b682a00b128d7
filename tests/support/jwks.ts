/** An identity provider: keys of its own, and their public halves on a loopback address. */

import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from "jose";

type Algorithm = "RS256" | "ES256";

/** An identity provider that runs. */
export interface IdentityProvider extends AsyncDisposable {
  /** Where its keys are. */
  readonly url: string;
  /** How often they were asked for. */
  readonly requests: number;
  /** The public RSA key, as anybody may know it. */
  readonly publicPem: string;
  /** A token signed by one of its keys. */
  sign(alg: Algorithm, payload: JWTPayload): Promise<string>;
}

/** Starts one; its answer to whoever asks for the keys may be replaced. */
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
