import { reduceContext } from "../../src/enrichment/reduce_context.ts";
import { assertEquals, assertLessOrEqual } from "../support/assert.ts";

const rest = { userAgent: "Mozilla/5.0", language: "en", referrer: "https://a.example/?q=1" };
const place = { country: "DE", region: "BE", city: "Berlin" };

Deno.test("7.4 what is kept of a context once its event is enriched has the network, and no address", () => {
  for (
    const [ip, network] of [
      ["81.2.69.142", "81.2.69.0"],
      ["2a00:23c0:17:1::9", "2a00:23c0:17::"],
      ["2a00::1", "2a00::"],
      ["::ffff:81.2.69.142", "81.2.69.0"],
      ["10.0.0.7", undefined],
      ["no address", undefined],
    ]
  ) {
    const given = JSON.stringify({ ip, ...rest, place });
    const reduced = reduceContext(given);
    assertEquals(JSON.parse(reduced), {
      ...network === undefined ? {} : { ip: network },
      ...rest,
      place,
    });
    assertLessOrEqual(reduced.length, given.length);
  }
  assertEquals(reduceContext("{}"), "{}");
  assertEquals(reduceContext('{"ip":"81.2.69.142"}'), '{"ip":"81.2.69.0"}');
  assertEquals(
    reduceContext('{"language":"en","ip":"81.2.69.142"}'),
    '{"ip":"81.2.69.0","language":"en"}',
  );
});

Deno.test("7.6 of a caller with Sec-GPC only the country is kept", () => {
  const given = { ip: "81.2.69.142", ...rest, place, anonymous: true };
  assertEquals(JSON.parse(reduceContext(JSON.stringify(given))), {
    anonymous: true,
    place: { country: "DE", region: null, city: null },
  });
});
