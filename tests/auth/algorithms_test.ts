/** Every algorithm with its own kind of key, and with every other one. */

import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { openIdentify } from "../support/identify.ts";
import { startIdentityProvider } from "../support/jwks.ts";
import { OLD_DENO } from "../support/old_deno.ts";

const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"].concat(
  OLD_DENO ? [] : ["ES512"], // Deno 2.5 has no P-521
  ["EdDSA"],
);

interface Signer {
  readonly jwk: JWK;
  sign(alg: string, header?: Record<string, unknown>): Promise<string>;
}

async function makeSigner(alg: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return {
    jwk: { ...await exportJWK(publicKey), kid: "k" },
    sign: (alg, header = {}) =>
      new SignJWT({ sub: "u" }).setProtectedHeader({ alg, kid: "k", ...header }).sign(privateKey),
  };
}

const signers = new Map(
  await Promise.all(ALGORITHMS.map(async (alg) => [alg, await makeSigner(alg)] as const)),
);

function signerOf(alg: string): Signer {
  const signer = signers.get(alg);
  if (signer === undefined) throw new Error(`no signer for ${alg}`);
  return signer;
}

let published: readonly JWK[] = [];
const provider = await startIdentityProvider(() => Response.json({ keys: published }));
Deno.test.afterAll(async () => await provider[Symbol.asyncDispose]());

async function identifyBy(keys: readonly JWK[], token: string, secret: string | null = null) {
  published = keys;
  using identify = openIdentify({ jwksUrl: provider.url, secret });
  const result = await identify.all(token);
  return result.kind === "refused" ? result.message : result.kind;
}

const KEY = "its key is not among those of AUTH_JWKS_URL";

for (const alg of ALGORITHMS) {
  const { jwk, sign } = signerOf(alg);

  Deno.test(`6.12 ${alg} is verified by its key, with and without the key's algorithm`, async () => {
    const token = await sign(alg);
    assertEquals(await identifyBy([jwk], token), "identified");
    assertEquals(await identifyBy([{ ...jwk, alg, use: "sig" }], token), "identified");
    const others = [...signers.values()].map((signer) => signer.jwk);
    assertEquals(await identifyBy(others, token), "identified");
  });

  Deno.test(`6.12 ${alg} is not verified by a key for another algorithm or purpose`, async () => {
    const token = await sign(alg);
    for (const other of ALGORITHMS.filter((name) => name !== alg)) {
      const { jwk: otherKey } = signerOf(other);
      // The same key and key id, but of another algorithm; the key of another one under this id.
      const labelled = { ...jwk, alg: other };
      if (alg !== "EdDSA") assertEquals(await identifyBy([labelled], token), KEY, other);
      assertEquals(await identifyBy([{ ...otherKey, alg: other }], token), KEY, other);
    }
    const spare = { ...signerOf(alg === "RS256" ? "ES256" : "RS256").jwk, kid: "spare" };
    for (const wrong of [{ use: "enc" }, { key_ops: ["encrypt"] }, { alg: "RSA-OAEP" }]) {
      assertEquals(await identifyBy([spare, { ...jwk, ...wrong }], token), KEY);
    }
  });
}

Deno.test("6.12 a token whose header was changed to another algorithm has a wrong signature", async () => {
  for (
    const [alg, other] of [["RS256", "RS512"], ["RS256", "PS256"], ["PS256", "RS256"]] as const
  ) {
    const { jwk, sign } = signerOf(alg);
    const [, payload, signature] = (await sign(alg)).split(".");
    const header = btoa(JSON.stringify({ alg: other, kid: "k" })).replace(/=+$/, "");
    const forged = `${header}.${payload}.${signature}`;
    assertEquals(await identifyBy([jwk], forged), "its signature is wrong", `${alg} ${other}`);
  }
});

Deno.test("6.12 Ed25519 is another name of EdDSA, in keys and in tokens", async () => {
  const { privateKey, publicKey } = await generateKeyPair("Ed25519", { extractable: true });
  const jwk = { ...await exportJWK(publicKey), kid: "k" };
  for (const alg of ["EdDSA", "Ed25519"]) {
    const token = await new SignJWT({ sub: "u" }).setProtectedHeader({ alg, kid: "k" })
      .sign(privateKey);
    for (const name of ["EdDSA", "Ed25519"]) {
      assertEquals(await identifyBy([{ ...jwk, alg: name }], token), "identified", alg);
    }
  }
});

function hmac(alg: string, secret: string | Uint8Array): Promise<string> {
  const key = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
  return new SignJWT({ sub: "u" }).setProtectedHeader({ alg, kid: "k" }).sign(key);
}

Deno.test("6.12 no public key is the secret of an HMAC, with or without a secret", async () => {
  const { jwk } = signerOf("RS256");
  const forged = await hmac("HS256", JSON.stringify(jwk));
  assertMatch(
    await identifyBy([jwk], forged),
    /^its algorithm HS256 is not accepted, must be RS256, /,
  );
  assertEquals(await identifyBy([jwk], forged, "s".repeat(32)), "its signature is wrong");
  const symmetric = { kty: "oct", k: btoa("s".repeat(32)), kid: "k", alg: "HS256" };
  const token = await hmac("HS256", "s".repeat(32));
  assertMatch(await identifyBy([jwk, symmetric], token), /^its algorithm HS256 is not accepted/);
});

Deno.test("6.12 a token without a signature is refused whatever is set", async () => {
  const { jwk } = signerOf("RS256");
  for (const alg of ["none", "NONE", "None", ""]) {
    const token = `${btoa(JSON.stringify({ alg, kid: "k" })).replace(/=+$/, "")}.e30.`;
    assertMatch(
      await identifyBy([jwk], token, "s".repeat(64)),
      /^its algorithm (\w+ )?is not acc/i,
    );
  }
});

const MIN_BYTES = { HS256: 32, HS384: 48, HS512: 64 };

for (const [alg, bytes] of Object.entries(MIN_BYTES)) {
  Deno.test(`6.12 ${alg} requires a secret of ${bytes} bytes`, async () => {
    const secret = "s".repeat(bytes);
    assertEquals((await openIdentify({ secret }).all(await hmac(alg, secret))).kind, "identified");
    if (alg === "HS256") return; // a shorter secret prevents the start
    const short = "s".repeat(bytes - 1);
    const result = await openIdentify({ secret: short }).all(await hmac(alg, short));
    assertEquals(
      result.kind === "refused" && result.message,
      `its algorithm ${alg} requires an AUTH_JWT_SECRET of at least ${bytes} bytes`,
    );
  });
}

Deno.test("6.9 the algorithms that are accepted are those of the settings", async () => {
  const accepted = async (secret: string) => {
    const result = await openIdentify({ secret }).all(await signerOf("ES256").sign("ES256"));
    return result.kind === "refused" && result.message.split("must be ")[1];
  };
  assertEquals(await accepted("s".repeat(32)), "HS256");
  assertEquals(await accepted("s".repeat(48)), "HS256 or HS384");
  assertEquals(await accepted("s".repeat(64)), "HS256, HS384 or HS512");
});
