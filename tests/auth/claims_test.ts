/** Claims of every kind: which identify a caller, and what is said about the others. */

import { assertEquals } from "../support/assert.ts";
import { openIdentify } from "../support/identify.ts";
import { CompactSign } from "jose";

const SECRET = "0123456789abcdef0123456789abcdef";
const NOW = Date.parse("2026-03-01T12:00:00.000Z");
const NOW_S = NOW / 1000;
const MUST_BE = "must be a text of 1 to 255 characters or a whole number within ±9007199254740991";

/** Identifies the caller with a payload of exactly this text, as JSON.stringify cannot write it all. */
function identify(payload: string, header: Record<string, unknown> = {}) {
  const key = new TextEncoder().encode(SECRET);
  const jws = new CompactSign(new TextEncoder().encode(payload));
  return jws.setProtectedHeader({ alg: "HS256", ...header }).sign(key)
    .then((token) => openIdentify({ secret: SECRET }, () => NOW).all(token));
}

const refusedSubjects: readonly (readonly [json: string, fault: string])[] = [
  ["9007199254740992", "is a number too large to be exact"],
  ["-9007199254740992", "is a number too large to be exact"],
  ["12345678901234567890", "is a number too large to be exact"],
  ["1e21", "is a number too large to be exact"],
  ["1e999", "is a number too large to be exact"],
  ["1.5", "is a number that is not whole"],
  ["-0.1", "is a number that is not whole"],
  ["5e-324", "is a number that is not whole"],
  ["null", "is null"],
  ["true", "is a boolean"],
  ['["user_1"]', "is an array"],
  ['{"id":1}', "is an object"],
  ['""', "is blank"],
  ['" "', "is blank"],
  [String.raw`"\t\n\u00a0"`, "is blank"],
  [`"${"u".repeat(256)}"`, "is longer than 255 characters"],
  [String.raw`"user\u0000"`, "contains U+0000 or a lone surrogate"],
  [String.raw`"\ud800"`, "contains U+0000 or a lone surrogate"],
  [String.raw`"\udc00x"`, "contains U+0000 or a lone surrogate"],
];

for (const [json, fault] of refusedSubjects) {
  Deno.test(`6.5 6.9 a token whose sub is ${json.slice(0, 30)} is refused: it ${fault}`, async () => {
    const message = `its claim sub ${fault}, ${MUST_BE}`;
    const result = await identify(`{"sub":${json},"role":"ADMIN"}`);
    assertEquals<unknown>(result, { kind: "refused", reason: "subject", message });
  });
}

Deno.test("6.9 a token without sub is refused for that", async () => {
  const message = `its claim sub is missing, ${MUST_BE}`;
  assertEquals<unknown>(await identify(`{"role":"ADMIN"}`), {
    kind: "refused",
    reason: "subject",
    message,
  });
});

const acceptedSubjects: readonly (readonly [json: string, userId: string])[] = [
  ["9007199254740991", "9007199254740991"],
  ["-9007199254740991", "-9007199254740991"],
  ["1e3", "1000"],
  ["1.0", "1"],
  ["-0", "0"],
  ['"9007199254740993"', "9007199254740993"],
  ['"1e21"', "1e21"],
  ['"null"', "null"],
  ['" user_1 "', " user_1 "],
  [String.raw`"\ud83d\ude00"`, "😀"],
  [String.raw`"auth0|5f7c8ec7"`, "auth0|5f7c8ec7"],
  [`"${"u".repeat(255)}"`, "u".repeat(255)],
];

for (const [json, userId] of acceptedSubjects) {
  Deno.test(`6.1 the sub ${json.slice(0, 30)} is the user ${userId.slice(0, 30)}`, async () => {
    assertEquals<unknown>(await identify(`{"sub":${json}}`), {
      kind: "identified",
      identity: { userId, role: null, creatorId: null, brandId: null },
      isAdmin: false,
    });
  });
}

Deno.test("6.5 role, creatorId and brandId that are no such ids count as absent", async () => {
  for (const [json] of refusedSubjects) {
    const role = json.startsWith("[") ? `[${json}]` : json; // a list of roles is one (6.11)
    const payload = `{"sub":"u","role":${role},"creatorId":${json},"brandId":${json}}`;
    assertEquals<unknown>(await identify(payload), {
      kind: "identified",
      identity: { userId: "u", role: null, creatorId: null, brandId: null },
      isAdmin: false,
    }, json);
  }
});

const MUST_BE_SECONDS = "must be a number of seconds since 1970";
const times: readonly (readonly [claim: string, json: string, message: string | null])[] = [
  ["exp", `"${NOW_S + 60}"`, `its claim exp ${MUST_BE_SECONDS}`],
  ["exp", "null", `its claim exp ${MUST_BE_SECONDS}`],
  ["exp", "[]", `its claim exp ${MUST_BE_SECONDS}`],
  ["nbf", '"2026-03-01"', `its claim nbf ${MUST_BE_SECONDS}`],
  ["iat", `"${NOW_S}"`, `its claim iat ${MUST_BE_SECONDS}`],
  ["exp", `${NOW_S + 0.5}`, null],
  ["exp", "1e300", null],
  ["exp", "1e999", null],
  ["exp", `${NOW_S - 0.5}`, "it expired at 2026-03-01T11:59:59.500Z"],
  ["exp", "0", "it expired at 1970-01-01T00:00:00.000Z"],
  ["exp", "-1", "it expired at 1969-12-31T23:59:59.000Z"],
  ["exp", "-1e999", "it expired"],
  ["nbf", `${NOW_S + 9.5}`, null],
  ["nbf", "-1e999", null],
  ["nbf", "1e999", "it is not valid"],
  ["iat", "1e999", null],
  ["iat", "-5.5", null],
];

for (const [claim, json, message] of times) {
  Deno.test(`6.1 a token whose ${claim} is ${json} is ${message ?? "valid"}`, async () => {
    const result = await identify(`{"sub":"u","${claim}":${json}}`);
    assertEquals(result.kind === "refused" ? result.message : null, message);
  });
}
