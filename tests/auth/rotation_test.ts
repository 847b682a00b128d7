/** Tokens that no key in use verifies: signed with new keys, or by nobody known (contract 6.8). */

import { FakeClock } from "../support/clock.ts";
import { assertEquals, assertLessOrEqual } from "../support/assert.ts";
import { FirstArrivals } from "../../src/auth/first_arrivals.ts";
import { openIdentify, type TestIdentify } from "../support/identify.ts";
import { type IdentityProvider, startIdentityProvider } from "../support/jwks.ts";

const COOL_DOWN_MS = 10_000;
const claims = { sub: "user_1", role: "CREATOR" };

interface Fixture extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly provider: IdentityProvider;
  readonly identify: TestIdentify;
}

/** Keys in use, and an unknown key that has just made the service read them again. */
async function openCoolingDown(): Promise<Fixture> {
  const clock = new FakeClock();
  const provider = await startIdentityProvider();
  const identify = openIdentify({ jwksUrl: provider.url }, clock.now, clock);
  assertEquals((await identify.all(await provider.sign("RS256", claims))).kind, "identified");
  await clock.advance(1);
  const unknown = await provider.sign("RS256", claims, { kid: "unknown" });
  assertEquals((await identify.all(unknown)).kind, "refused");
  await clock.advance(1);
  return {
    clock,
    provider,
    identify,
    async [Symbol.asyncDispose]() {
      identify[Symbol.dispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

const rotations:
  readonly (readonly [name: string, suffix: string, header?: { kid?: string } | undefined])[] = [
    ["with a new id", "-2", undefined],
    ["with the id of the old one", "", undefined],
    ["that the token does not name", "-2", {}],
  ];

for (const [name, suffix, header] of rotations) {
  Deno.test(`6.8 a token by a new key ${name} is not refused before the keys are read again`, async () => {
    await using fixture = await openCoolingDown();
    const { clock, provider, identify } = fixture;
    await provider.rotate(suffix);
    const asked = provider.requests;
    for (const alg of ["RS256", "ES256"] as const) {
      const token = await provider.sign(alg, claims, header);
      assertEquals(await identify.all(token), { kind: "unverified" }, alg);
    }
    assertEquals(provider.requests, asked);
    await clock.advance(COOL_DOWN_MS);
    for (const alg of ["RS256", "ES256"] as const) {
      const again = await identify.all(await provider.sign(alg, claims, header));
      assertEquals(again.kind, "identified", alg);
    }
    assertEquals(provider.requests, asked + 1);
    assertEquals(identify.refusals.length, 1);
  });
}

Deno.test("6.8 a key id that was looked up since it first arrived is refused at once, in every token", async () => {
  await using fixture = await openCoolingDown();
  const { clock, provider, identify } = fixture;
  const sign = (kid: string, sub: string) => provider.sign("RS256", { sub }, { kid });
  assertEquals((await identify.all(await sign("unknown", "user_2"))).kind, "refused");
  assertEquals((await identify.all(await sign("other", "user_2"))).kind, "unverified");
  await clock.advance(COOL_DOWN_MS);
  assertEquals((await identify.all(await sign("third", "user_2"))).kind, "refused");
  // The keys read for the third were those of the other, too.
  assertEquals((await identify.all(await sign("other", "user_3"))).kind, "refused");
  assertEquals((await identify.all(await sign("unknown", "user_3"))).kind, "refused");
});

Deno.test("6.8 a wrong signature is refused once the keys were read after its token first arrived", async () => {
  await using fixture = await openCoolingDown();
  const { clock, provider, identify } = fixture;
  const [head, payload] = (await provider.sign("RS256", claims)).split(".");
  const forged = `${head}.${payload}.AAAA`;
  assertEquals((await identify.all(forged)).kind, "unverified");
  await clock.advance(COOL_DOWN_MS);
  const result = await identify.all(forged);
  assertEquals([result.kind, result.kind === "refused" && result.reason], ["refused", "signature"]);
  assertEquals((await identify.all(forged)).kind, "refused");
});

Deno.test("6.8 a token that makes the first keys be read is judged by them, in one read", async () => {
  const clock = new FakeClock();
  await using provider = await startIdentityProvider();
  using identify = openIdentify({ jwksUrl: provider.url }, clock.now, clock);
  const result = await identify.all(await provider.sign("RS256", claims, { kid: "unknown" }));
  assertEquals([result.kind, provider.requests], ["refused", 1]);
});

Deno.test("6.8 a flood of unknown key ids neither delays new keys nor reads them more often", async () => {
  await using fixture = await openCoolingDown();
  const { clock, provider, identify } = fixture;
  const asked = provider.requests;
  let serial = 0;
  const flood = async () => {
    for (let i = 0; i < 20; i++) {
      const kid = `random-${serial++}`;
      await identify.all(await provider.sign("ES256", claims, { kid }));
    }
  };
  await provider.rotate("-2");
  const users = () => provider.sign("ES256", { sub: `user_${serial++}` });
  await flood();
  assertEquals((await identify.all(await users())).kind, "unverified");
  for (let i = 0; i < 5; i++) {
    await clock.advance(COOL_DOWN_MS);
    await flood();
    assertEquals((await identify.all(await users())).kind, "identified");
  }
  assertLessOrEqual(provider.requests - asked, 5);
});

Deno.test("6.8 however many unknown key ids arrive, a limited number of them is remembered", () => {
  const arrivals = new FirstArrivals();
  assertEquals([arrivals.note("first", 1), arrivals.note("first", 2)], [1, 1]);
  for (let i = 0; i < 9_999; i++) arrivals.note(`other ${i}`, 3);
  assertEquals(arrivals.note("first", 4), 1);
  arrivals.note("one more", 5);
  assertEquals([arrivals.note("first", 6), arrivals.note("one more", 7)], [6, 5]);
});
