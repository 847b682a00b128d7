/** Key sets as identity providers publish them, and as they should not. */

import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { assertEquals, assertLess, assertMatch } from "../support/assert.ts";
import { openIdentify } from "../support/identify.ts";
import { startIdentityProvider } from "../support/jwks.ts";
import { makeCertificates } from "../support/certificates.ts";
import { captureLogs } from "../support/logs.ts";

const extractable = { extractable: true };
const ours = await generateKeyPair("RS256", extractable);
const other = await generateKeyPair("RS256", extractable);
const p384 = await generateKeyPair("ES384", extractable);
const short = await crypto.subtle.generateKey(
  {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 1024,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  },
  true,
  ["sign", "verify"],
);
const good = await exportJWK(ours.publicKey);
const second = await exportJWK(other.publicKey);
const curve = await exportJWK(p384.publicKey);
const secretKey = await exportJWK(ours.privateKey);
const weak = {
  ...await crypto.subtle.exportKey("jwk", short.publicKey),
  alg: "RS256",
  key_ops: ["verify"],
};

function sign(header: { kid?: string }): Promise<string> {
  return new SignJWT({ sub: "u" }).setProtectedHeader({ alg: "RS256", ...header })
    .sign(ours.privateKey);
}

async function identifyBy(response: () => Response, header: { kid?: string } = { kid: "k" }) {
  await using provider = await startIdentityProvider(response);
  using identify = openIdentify({ jwksUrl: provider.url });
  const result = await identify.all(await sign(header));
  return result.kind === "refused" ? result.message : result.kind;
}

const named = { ...good, kid: "k" };
const identifying: Readonly<Record<string, readonly unknown[]>> = {
  "one key": [named],
  "two keys of one id": [{ ...second, kid: "k" }, named],
  "a key without an id": [good],
  "keys without ids": [second, good],
  "keys with and without an id": [{ ...second, kid: "x" }, good],
  "an encryption key of the same id": [{ ...second, kid: "k", use: "enc" }, named],
  "a symmetric key of the same id": [{ kty: "oct", k: "AAAA", kid: "k", alg: "RS256" }, named],
  "a short key of the same id": [{ ...weak, kid: "k" }, named],
  "a broken key of the same id": [{ kty: "RSA", n: "!", e: "AQAB", kid: "k" }, named],
  "a private key of the same id": [{ ...secretKey, kid: "k" }, named],
  "members that are no keys": [null, 5, "x", [], {}, { kid: "k" }, named],
  "a key of a kind from the future": [{ kty: "PQ", kid: "k" }, named],
};

for (const [name, keys] of Object.entries(identifying)) {
  Deno.test(`6.10 a key set with ${name} verifies a token by its key`, async () => {
    assertEquals(await identifyBy(() => Response.json({ keys })), "identified");
  });
}

const useless: Readonly<Record<string, unknown>> = {
  "only an encryption key": { keys: [{ ...named, use: "enc" }] },
  "only keys of other algorithms": {
    keys: [
      { ...named, alg: "RSA-OAEP" },
      { ...curve, crv: "secp256k1", kid: "k" },
      { kty: "OKP", crv: "X25519", x: "AAAA", kid: "k" },
      { ...curve, kty: "OKP", kid: "k" },
    ],
  },
  "only a symmetric key": { keys: [{ kty: "oct", k: "AAAA", kid: "k", alg: "RS256" }] },
  "only keys to sign with": { keys: [{ ...named, key_ops: ["sign"] }] },
  "only a private key": { keys: [{ ...secretKey, kid: "k" }] },
  "only half a key": { keys: [{ kty: "RSA", e: "AQAB", kid: "k" }] },
  "no keys but a list": [named],
  "one key and no list": named,
  "nothing": null,
};

for (const [name, set] of Object.entries(useless)) {
  Deno.test(`6.10 a response with ${name} is not taken for keys, nor replaces them`, async () => {
    assertEquals(await identifyBy(() => Response.json(set)), "unverified");
    await using provider = await startIdentityProvider();
    using identify = openIdentify({ jwksUrl: provider.url });
    const known = await provider.sign("RS256", { sub: "u" });
    assertEquals((await identify.all(known)).kind, "identified");
    provider.answer(() => Response.json(set));
    const unknown = await provider.sign("RS256", { sub: "u" }, { kid: "unknown" });
    assertEquals((await identify.all(unknown)).kind, "unverified");
    const again = await provider.sign("RS256", { sub: "u2" });
    assertEquals((await identify.all(again)).kind, "identified");
  });
}

Deno.test("6.10 a response of endless length is given up early, with a warning", async () => {
  await using logs = await captureLogs();
  let sent = 0;
  const chunk = new TextEncoder().encode(" ".repeat(65_536));
  const endless = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent += chunk.length;
          if (sent > 500_000_000) controller.close();
          else controller.enqueue(chunk);
        },
      }),
    );
  assertEquals(await identifyBy(endless), "unverified");
  assertLess(sent, 50_000_000);
  assertEquals(logs.of("warning").map(({ properties }) => properties["reason"]), [
    "the response is longer than 1024 KiB",
  ]);
});

Deno.test("6.10 the warning says what the response is, and nothing of its text", async () => {
  for (
    const [body, reason] of [
      ["<html>sorry</html>", "the response is not JSON"],
      ['{"issuer":"https://id.example"}', 'the response is not a key set, {"keys": […]}'],
      ['{"keys":[]}', "the response has no public key to verify signatures with"],
    ] as const
  ) {
    await using logs = await captureLogs();
    assertEquals(await identifyBy(() => new Response(body)), "unverified");
    assertEquals(logs.of("warning").map(({ properties }) => properties["reason"]), [reason]);
  }
});

Deno.test("6.10 a key set may be gzipped, and begin with a byte order mark", async () => {
  const json = `\ufeff${JSON.stringify({ keys: [named] })}`;
  const gzipped = () =>
    new Response(
      new Response(json).body?.pipeThrough(new CompressionStream("gzip")) ?? null,
      { headers: { "content-encoding": "gzip" } },
    );
  assertEquals(await identifyBy(gzipped), "identified");
});

Deno.test("6.10 a key id that no key has is not that of another key", async () => {
  const keys: JWK[] = [{ ...good, kid: "other" }];
  const refusal = "its key is not among those of AUTH_JWKS_URL";
  assertEquals(await identifyBy(() => Response.json({ keys })), refusal);
});

/** What the log says after a token asked for keys at a URL. */
async function warnAbout(url: string): Promise<unknown> {
  await using logs = await captureLogs();
  using identify = openIdentify({ jwksUrl: url });
  assertEquals((await identify.all(await sign({}))).kind, "unverified");
  const records = JSON.stringify(logs.records);
  assertEquals(["hidden", "(path)"].filter((part) => records.includes(part)), []);
  return logs.of("warning")[0]?.properties["reason"];
}

Deno.test("6.10 the warning says why the key server cannot be reached, without the URL", async () => {
  await using gone = await startIdentityProvider();
  const { port } = new URL(gone.url);
  await gone[Symbol.asyncDispose]();
  const urls = [
    `http://127.0.0.1:${port}/(path)?key=hidden`,
    `http://user:hidden@127.0.0.1:${port}/x)hidden:(path)`,
  ];
  for (const url of urls) assertMatch(String(await warnAbout(url)), /connection refused/i);
  assertMatch(String(await warnAbout("http://sluice.invalid/(path)?hidden")), /dns|lookup/i);
});

Deno.test("6.10 the warning says that the key server's certificate is not trusted", async () => {
  await using certificates = await makeCertificates();
  const { certificate, key } = certificates.server;
  const [cert, keyPem] = [certificate, key].map((path) => Deno.readTextFileSync(path));
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert: cert ?? "", key: keyPem ?? "", onListen() {} },
    () => Response.json({ keys: [named] }),
  );
  const reason = await warnAbout(`https://localhost:${server.addr.port}/(path)?hidden`);
  assertMatch(String(reason), /certificate/);
});
