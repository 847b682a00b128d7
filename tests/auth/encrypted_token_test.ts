/** Session cookies that Auth.js v5 encrypts, and one that NextAuth v4 has encrypted. */

import { encode } from "@auth/core/jwt";
import { EncryptJWT } from "jose";
import { assertEquals } from "../support/assert.ts";
import { openIdentify } from "../support/identify.ts";
import { OF_NEXT_AUTH, SECRET_OF_NEXT_AUTH } from "../support/next_auth.ts";

const SECRET = SECRET_OF_NEXT_AUTH;
const OLD_SECRET = "fedcba9876543210fedcba9876543210";
const NAME = "authjs.session-token";
const SECURE = `__Secure-${NAME}`;
const TOKEN = { sub: "user_5", name: "Zoë", role: "CREATOR", creatorId: "creator_5" };
const IDENTITY = { userId: "user_5", role: "CREATOR", creatorId: "creator_5", brandId: null };

async function identify(token: string, name = NAME, secrets = [SECRET], now = Date.now) {
  const result = await openIdentify({ secrets }, now).cookie(name, token);
  if (result.kind === "refused") return [result.reason, result.message];
  return result.kind === "identified" ? result.identity : result.kind;
}

const UNDECRYPTED = [
  "decryption",
  "no AUTH_SECRET decrypts it: either the login has another secret, or the cookie had another name",
];

Deno.test("6.15 a cookie of Auth.js v5 identifies the user, with and without the prefix", async () => {
  for (const salt of [NAME, SECURE, "my-own.session"]) {
    const token = await encode({ token: TOKEN, secret: SECRET, salt });
    assertEquals(await identify(token, salt), IDENTITY, salt);
  }
});

Deno.test("6.15 a cookie of NextAuth v4 identifies the user, whatever its name is", async () => {
  for (const name of ["next-auth.session-token", "__Secure-next-auth.session-token", "other"]) {
    const expected = { userId: "user_4", role: "CREATOR", creatorId: null, brandId: null };
    assertEquals(await identify(OF_NEXT_AUTH, name), expected, name);
  }
  assertEquals(await identify(OF_NEXT_AUTH, "other", [OLD_SECRET]), UNDECRYPTED);
});

Deno.test("6.15 any of several secrets decrypts a cookie, so that they can be replaced", async () => {
  for (const secret of [SECRET, OLD_SECRET]) {
    const token = await encode({ token: TOKEN, secret, salt: NAME });
    for (const secrets of [[SECRET, OLD_SECRET], [OLD_SECRET, SECRET]]) {
      assertEquals(await identify(token, NAME, secrets), IDENTITY);
    }
  }
  assertEquals(await identify(OF_NEXT_AUTH, "x", [OLD_SECRET, SECRET]) instanceof Array, false);
});

Deno.test("6.15 6.9 a cookie of another secret, or of another cookie, is refused with a reason", async () => {
  const token = await encode({ token: TOKEN, secret: OLD_SECRET, salt: NAME });
  assertEquals(await identify(token), UNDECRYPTED);
  const state = await encode({ token: TOKEN, secret: SECRET, salt: "authjs.state" });
  assertEquals(await identify(state), UNDECRYPTED);
});

Deno.test("6.15 a cookie that is remembered is not accepted under another name", async () => {
  const identify = openIdentify({ secrets: [SECRET] });
  const token = await encode({ token: TOKEN, secret: SECRET, salt: NAME });
  assertEquals((await identify.cookie(NAME, token)).kind, "identified");
  assertEquals((await identify.cookie("authjs.state", token)).kind, "refused");
  assertEquals((await identify.cookie(NAME, token)).kind, "identified");
});

Deno.test("6.15 6.6 a cookie is invalid from the instant that it expires", async () => {
  let now = Date.now();
  const identify = openIdentify({ secrets: [SECRET] }, () => now);
  const token = await encode({ token: TOKEN, secret: SECRET, salt: NAME, maxAge: 30 });
  assertEquals((await identify.cookie(NAME, token)).kind, "identified");
  now += 31_000;
  const result = await identify.cookie(NAME, token);
  assertEquals(result.kind === "refused" && result.reason, "expired");
});

Deno.test("6.15 issuer and audience of the settings are not required: the key is proof enough", async () => {
  const identify = openIdentify({ secrets: [SECRET], issuer: "a", audience: "b" });
  const token = await encode({ token: TOKEN, secret: SECRET, salt: NAME });
  assertEquals((await identify.cookie(NAME, token)).kind, "identified");
});

Deno.test("6.15 a cookie may have 32,768 characters, and no more", async () => {
  const long = { ...TOKEN, picture: "x".repeat(23_000) };
  const token = await encode({ token: long, secret: SECRET, salt: NAME });
  assertEquals([token.length > 30_000, await identify(token)], [true, IDENTITY]);
  assertEquals(await identify(`${token}${"A".repeat(32_768)}`), [
    "too_long",
    "it is longer than 32768 characters",
  ]);
});

Deno.test("6.15 an encrypted token is refused without AUTH_SECRET, and as a bearer token", async () => {
  const token = await encode({ token: TOKEN, secret: SECRET, salt: NAME });
  assertEquals(await identify(token, NAME, []), [
    "not_configured",
    "it is encrypted, and AUTH_SECRET is not set",
  ]);
  const bearer = await openIdentify({ secrets: [SECRET] }).all(token);
  assertEquals(
    bearer.kind === "refused" && bearer.message,
    "it is encrypted, which is accepted in a cookie only",
  );
});

Deno.test("6.15 no other encryption is tried, in particular none that takes long", async () => {
  const pbes = await new EncryptJWT(TOKEN)
    .setProtectedHeader({ alg: "PBES2-HS256+A128KW", enc: "A256GCM" })
    .setKeyManagementParameters({ p2c: 2048 })
    .encrypt(new TextEncoder().encode(SECRET));
  const gcm128 = await new EncryptJWT(TOKEN)
    .setProtectedHeader({ alg: "dir", enc: "A128GCM" })
    .encrypt(new Uint8Array(16));
  for (const token of [pbes, gcm128]) {
    assertEquals(await identify(token), [
      "algorithm",
      "its encryption is not accepted, must be dir with A256CBC-HS512 or A256GCM",
    ]);
  }
});

Deno.test("6.15 a changed or broken cookie is refused", async () => {
  const token = await encode({ token: TOKEN, secret: SECRET, salt: NAME });
  const [header, , iv, text = "", tag] = token.split(".");
  const changed = (text.startsWith("A") ? "B" : "A") + text.slice(1);
  assertEquals(await identify([header, "", iv, changed, tag].join(".")), UNDECRYPTED);
  assertEquals(await identify([header, "", iv, text, "AAAA"].join(".")), UNDECRYPTED);
  const malformed = ["malformed", "it is not a valid JWT"];
  assertEquals(await identify(`abcd..${iv}.${text}.${tag}`), malformed);
  const withoutAlgorithm = await identify(`e30..${iv}.${text}.${tag}`);
  assertEquals(Array.isArray(withoutAlgorithm) && withoutAlgorithm[0], "algorithm");
});
