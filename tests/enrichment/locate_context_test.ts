import fc from "fast-check";
import { networkEnricher } from "../../src/enrichment/network.ts";
import { createLocateContext, reduceContext } from "../../src/enrichment/reduce_context.ts";
import { openGeo } from "../../src/enrichment/geo.ts";
import { parseLine } from "../../src/events/line.ts";
import type { RequestContext } from "../../src/events/types.ts";
import { accepted } from "../support/admission.ts";
import { openTestApp } from "../support/app.ts";
import { assertEquals, assertNotMatch, assertStringIncludes } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { contextOf } from "../support/events.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { CityFile } from "./geo_support.ts";

const countries = await openGeo({ cityDatabase: null, clock: new FakeClock() });

/** The context as it is in the line of an event, with `KEEP_IP=false` or not. */
function stored(context: RequestContext, reduce?: (context: RequestContext) => RequestContext) {
  const event = accepted({ eventType: "page_viewed" }, { reduceContext: reduce }, {
    identity: null,
    context,
  });
  return { line: event.line, input: parseLine(event.line) };
}

const octet = fc.integer({ min: 0, max: 255 });
const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
const address = fc.oneof(
  fc.tuple(octet, octet, octet, octet).map((octets) => octets.join(".")),
  fc.tuple(fc.constantFrom("2a00", "2001", "2600", "fd00"), group, group, group).map((groups) =>
    `${groups.join(":")}::1`
  ),
);
const place = fc.option(fc.record({
  country: fc.constantFrom("DE", "GB", null),
  region: fc.constantFrom("Berlin", null),
  city: fc.constant(null),
}));

Deno.test("7.24 with KEEP_IP=false country and network are the same as with the address", () => {
  const reduce = createLocateContext(countries.locate);
  fc.assert(
    fc.property(address, place, fc.boolean(), (ip, reported, anonymous) => {
      const context = contextOf({ ip, place: reported, ...anonymous ? { anonymous } : {} });
      const kept = stored(context).input;
      const reduced = stored(context, reduce).input;
      const facts = (input: typeof kept) => [
        countries.enricher.read(input),
        networkEnricher.read(input),
      ];
      assertEquals(facts(reduced), facts(kept));
      // What is kept for `reflush` is made of it, too.
      const copy = JSON.parse(reduceContext(JSON.stringify(reduced.context)));
      assertEquals(
        countries.enricher.read({ ...reduced, context: contextOf(copy) }),
        countries.enricher.read(kept),
      );
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("7.24 with KEEP_IP=false the place is that of the address, where its network is divided", async () => {
  await using file = await CityFile.write();
  using geo = await file.open();
  const reduce = createLocateContext(geo.locate);
  const { line, input } = stored(contextOf({ ip: "81.2.69.165" }), reduce); // London has a /27
  const london = { country: "GB", region: "England", city: "London" };
  assertEquals(geo.enricher.read(input), london);
  assertNotMatch(line, /81\.2\.69\.165/);
  assertEquals(input.context.ip, "81.2.69.0");
});

Deno.test("7.24 an address that is not public leaves nothing in KV", () => {
  const reduce = createLocateContext(countries.locate);
  const ips = ["10.1.2.3", "fd00::7", "no address"].map((ip) =>
    stored(contextOf({ ip }), reduce).input.context.ip
  );
  assertEquals(ips, [null, null, null]);
});

Deno.test("7.24 with KEEP_IP=false nothing in KV has the address, before and after the event is enriched", async () => {
  await using postgres = await openTestPostgres();
  await using sluice = await openTestApp(postgres.database, {
    environment: { KEEP_IP: "false", CLIENT_IP_HEADER: "X-Real-IP" },
    parts: (parts) => ({
      ...parts,
      locate: countries.locate,
      enrichers: [...parts.enrichers, networkEnricher, countries.enricher],
    }),
  });
  const event = { eventType: "page_viewed", props: { path: "/" } };
  const response = await sluice.post("/v1/events", event, { "X-Real-IP": "129.132.19.216" });
  assertEquals(await response.json(), { eventId: null, tracked: true });
  const before = await dump(sluice.kv);
  assertStringIncludes(before, "129.132.19.0");
  assertNotMatch(before, /129\.132\.19\.216/);
  await sluice.app.start();
  await sluice.app.drain(5_000);
  assertNotMatch(await dump(sluice.kv), /129\.132\.19\.216/);
  const rows = await postgres.database.run((sql) =>
    sql`select country, network::text from event_enrichments`
  );
  assertEquals([...rows], [{ country: "CH", network: "129.132.19.0/24" }]);
});

/** All keys and values, as text. */
async function dump(kv: Deno.Kv): Promise<string> {
  const decoder = new TextDecoder("latin1");
  const toText = (part: unknown) =>
    part instanceof Uint8Array
      ? decoder.decode(part)
      : Deno.inspect(part, { strAbbreviateSize: 1e6 });
  const entries = await Array.fromAsync(kv.list({ prefix: [] }));
  return entries.flatMap(({ key, value }) => [...key, value].map(toText)).join("\n");
}
