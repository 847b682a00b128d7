import { openGeo } from "../../src/enrichment/geo.ts";
import type { EventRow, Place } from "../../src/events/types.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { contextOf } from "../support/events.ts";
import { captureLogs } from "../support/logs.ts";
import { cityRecord, writeMmdb } from "../support/mmdb.ts";
import { CITIES, CityFile, findPlace } from "./geo_support.ts";

const ZURICH: Place = { country: "CH", region: "Zurich", city: "Zürich" };
const LONDON: Place = { country: "GB", region: "England", city: "London" };
const OSLO: Place = { country: "NO", region: "Oslo", city: "Oslo" };

Deno.test("a City file adds region and city, for IPv4 and IPv6", async () => {
  await using file = await CityFile.write();
  using geo = await file.open();
  assertEquals(findPlace(geo, "129.132.19.216"), ZURICH);
  assertEquals(findPlace(geo, "::ffff:129.132.19.216"), ZURICH);
  assertEquals(findPlace(geo, "81.2.69.161"), LONDON);
  assertEquals(findPlace(geo, "[2a00:23c8::1]:443"), LONDON);
});

Deno.test("an address that is not in the City file still has a country", async () => {
  await using file = await CityFile.write();
  using geo = await file.open();
  assertEquals(findPlace(geo, "8.8.8.8"), { country: "US", region: null, city: null });
  assertEquals(findPlace(geo, "81.3.0.1"), { country: "DE", region: null, city: null });
  assertEquals(findPlace(geo, "127.0.0.1"), { country: null, region: null, city: null });
});

Deno.test("a record of an unexpected shape is ignored", async () => {
  await using file = await CityFile.write();
  await using empty = await CityFile.write(writeMmdb({}));
  using geo = await file.open();
  using without = await empty.open();
  assertEquals(findPlace(geo, "81.4.0.1"), findPlace(without, "81.4.0.1"));
});

Deno.test("a City file for IPv4 alone has no places for IPv6", async () => {
  await using file = await CityFile.write(
    writeMmdb({ "32.0.0.0/3": cityRecord("CH", "Zurich", "Zürich") }, "GeoLite2-City", 4),
  );
  using geo = await file.open();
  assertEquals(findPlace(geo, "32.1.2.3"), ZURICH);
  assertEquals(findPlace(geo, "2001:4860:4860::8888").city, null);
});

Deno.test("where a proxy sends only the country, the City file adds the city", async () => {
  await using file = await CityFile.write();
  using geo = await file.open();
  const country = (code: string) => ({ country: code, region: null, city: null });
  assertEquals(findPlace(geo, "129.132.19.216", country("CH")), ZURICH);
  assertEquals(findPlace(geo, "129.132.19.216", country("NO")), country("NO"));
  assertEquals(findPlace(geo, "129.132.19.216", OSLO), OSLO);
});

Deno.test("a changed City file is reloaded within a minute", async () => {
  await using file = await CityFile.write();
  using geo = await file.open();
  await file.replace(writeMmdb({ "129.132.0.0/16": cityRecord("NO", "Oslo", "Oslo") }));
  assertEquals(findPlace(geo, "129.132.19.216"), ZURICH);
  await file.checked();
  assertEquals(findPlace(geo, "129.132.19.216"), OSLO);
});

Deno.test("a truncated new file leaves the old one in use, with one warning, until it is complete", async () => {
  await using logs = await captureLogs();
  await using file = await CityFile.write();
  using geo = await file.open();
  const next = writeMmdb({ "129.132.0.0/16": cityRecord("NO", "Oslo", "Oslo") });
  await file.replace(next.slice(0, next.length / 2));
  await file.checked();
  await file.checked();
  assertEquals(findPlace(geo, "129.132.19.216"), ZURICH);
  assertEquals(logs.of("warning").length, 1);
  await file.replace(next);
  await file.checked();
  assertEquals(findPlace(geo, "129.132.19.216"), OSLO);
});

Deno.test("a deleted City file stays in use and is reloaded when it is back", async () => {
  await using logs = await captureLogs();
  await using file = await CityFile.write();
  using geo = await file.open();
  await Deno.remove(file.path);
  await file.checked();
  assertEquals(findPlace(geo, "129.132.19.216"), ZURICH);
  assertEquals(logs.of("warning").length, 1);
  await file.replace(writeMmdb({ "129.132.0.0/16": cityRecord("NO", "Oslo", "Oslo") }));
  await file.checked();
  assertEquals(findPlace(geo, "129.132.19.216"), OSLO);
});

Deno.test("disposing stops watching the file", async () => {
  await using file = await CityFile.write();
  (await file.open())[Symbol.dispose]();
  assertEquals(file.clock.pending, 0);
});

Deno.test("an unusable City file stops the start with a message", async () => {
  const INVALID = "it is not a MaxMind database (.mmdb), or it is truncated";
  const whole = writeMmdb(CITIES);
  const holed = whole.slice();
  holed.fill(7, 0, whole.length - 200);
  const reasons: readonly (readonly [bytes: Uint8Array<ArrayBuffer>, reason: string])[] = [
    [new Uint8Array(), INVALID],
    [new TextEncoder().encode("<html>Not found</html>"), INVALID],
    [whole.slice(0, -100), INVALID],
    [whole.slice(500), INVALID],
    [holed, INVALID],
    [writeMmdb({}, "GeoLite2-ASN"), "it has no cities; its type is GeoLite2-ASN"],
  ];
  for (const [bytes, reason] of reasons) {
    await using file = await CityFile.write(bytes);
    const error = await assertRejects(() => file.open(), Error, "GEOIP_DB_PATH must be the path");
    assertStringIncludes(error.message, reason);
    assertStringIncludes(error.message, file.path);
  }
});

Deno.test("a missing City file stops the start with a message", async () => {
  const geo = openGeo({ cityDatabase: "/nowhere/city.mmdb", clock: new FakeClock() });
  await assertRejects(
    () => geo,
    Error,
    "GEOIP_DB_PATH must be the path of a MaxMind City database",
  );
});

Deno.test("7.6 for callers with Sec-GPC only the country is stored", async () => {
  await using file = await CityFile.write();
  using geo = await file.open();
  const context = contextOf({ ip: "129.132.19.216", anonymous: true });
  const nowhere = { region: null, city: null };
  assertEquals(geo.enricher.read({ row: {} as EventRow, context }), { country: "CH", ...nowhere });
  const located = { ...context, place: LONDON };
  assertEquals(geo.enricher.read({ row: {} as EventRow, context: located }), {
    country: "GB",
    ...nowhere,
  });
});
