import fc from "fast-check";
import { type Geo, openGeo } from "../../src/enrichment/geo.ts";
import { parseLine } from "../../src/events/line.ts";
import type { Place } from "../../src/events/types.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { acceptedEvent, contextOf } from "../support/events.ts";
import { captureLogs } from "../support/logs.ts";
import { findPlace } from "./geo_support.ts";

/** The bundled database is the same for all tests that only read it. */
const countries: Geo = await openGeo({ cityDatabase: null, clock: new FakeClock() });

const NOWHERE: Place = { country: null, region: null, city: null };

Deno.test("the country is known out of the box, for IPv4 and IPv6", () => {
  const known = {
    "8.8.8.8": "US", // Google
    "2001:4860:4860::8888": "US",
    "129.132.19.216": "CH", // ETH Zürich
    "2001:620::1": "CH", // SWITCH
    "193.0.6.139": "NL", // RIPE NCC
    "2001:67c:2e8:22::c100:68b": "NL",
    "133.11.0.1": "JP", // University of Tokyo
    "200.160.2.3": "BR", // NIC.br
    "196.216.2.1": "ZA", // AFRINIC
  };
  for (const [ip, country] of Object.entries(known)) {
    assertEquals(findPlace(countries, ip), { country, region: null, city: null }, ip);
  }
});

Deno.test("the country is found for every notation of an address", () => {
  const forms = ["8.8.8.8:443", "::ffff:8.8.8.8", "[::ffff:808:808]:80", "[2001:4860::1]:80"];
  assertEquals(forms.map((ip) => findPlace(countries, ip).country), forms.map(() => "US"));
});

Deno.test("a missing or non-public address has no place", () => {
  // The database has records for some of these.
  const addresses = [null, "", "127.0.0.1", "192.168.1.1", "203.0.113.7", "::1", "2001:db8::1"];
  assertEquals(addresses.map((ip) => findPlace(countries, ip)), addresses.map(() => NOWHERE));
});

Deno.test("the place from a trusted proxy wins", () => {
  const place = { country: "AQ", region: "Ross Sea", city: "McMurdo" };
  assertEquals(findPlace(countries, "8.8.8.8", place), place);
  assertEquals(findPlace(countries, null, place), place);
});

Deno.test("without a City file nothing runs in the background", async () => {
  const clock = new FakeClock();
  using _geo = await openGeo({ cityDatabase: null, clock });
  assertEquals(clock.pending, 0);
});

Deno.test("the enricher has a name, and no place as its fallback", () => {
  assertEquals(countries.enricher.name, "geo");
  assertEquals(countries.enricher.fallback, NOWHERE);
});

Deno.test("arbitrary text as an address never throws", () => {
  const anything = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) });
  const nearly = fc.string({ unit: fc.constantFrom(..."0129af:.[]%/ ") });
  const v6 = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
    .map((groups) => groups.map((group) => group.toString(16)).join(":"));
  const any = fc.oneof(anything, nearly, fc.ipV4(), v6);
  fc.assert(fc.property(any, (ip) => {
    const { country, region, city } = findPlace(countries, ip);
    assert(country === null || /^[A-Z]{2}$/.test(country));
    assertEquals([region, city], [null, null]);
  }));
});

Deno.test("where the country database cannot be read, the service starts without countries", async () => {
  await using logs = await captureLogs();
  using geo = await openGeo({
    cityDatabase: null,
    clock: new FakeClock(),
    readCountries: () => Promise.reject(new Error("no such file")),
  });
  const { row } = parseLine(acceptedEvent({ eventType: "page_viewed" }).line);
  const place = geo.enricher.read({ row, context: contextOf({ ip: "8.8.8.8" }) });
  assertEquals(place, { country: null, region: null, city: null });
  assertEquals(logs.of("warning").length, 1);
});
