import { type Enricher, runEnrichers } from "../../src/enrichment/enrich.ts";
import { parseLine } from "../../src/events/line.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { acceptedEvent, anonymous } from "../support/events.ts";
import { captureLogs } from "../support/logs.ts";

const browser: Enricher<{ browser: string | null }> = {
  name: "browser",
  read: ({ context }) => ({ browser: context.userAgent }),
  fallback: { browser: null },
};

const country: Enricher<{ country: string | null }> = {
  name: "country",
  read({ row }) {
    if (row.event_type === "poison") throw new Error("no country for this event");
    return { country: "DE" };
  },
  fallback: { country: null },
};

function inputs(...types: string[]) {
  return types.map((eventType) => parseLine(acceptedEvent({ eventType }).line));
}

function factsOf(...types: string[]) {
  return runEnrichers(inputs(...types), [browser, country], () => {}).map(({ facts }) => facts);
}

Deno.test("every enricher adds its facts to every event, in order", () => {
  const enriched = runEnrichers(inputs("a", "b"), [browser, country], () => {});
  assertEquals(enriched.map(({ row }) => row.event_type), ["a", "b"]);
  const facts: unknown[] = enriched.map(({ facts }) => facts);
  const both = { browser: anonymous.context.userAgent, country: "DE" };
  assertEquals(facts, [both, both]);
});

Deno.test("7.8 an enricher that fails affects neither other events nor other enrichers", async () => {
  await using logs = await captureLogs();
  const facts: unknown[] = factsOf("a", "poison", "b");
  const { userAgent } = anonymous.context;
  assertEquals(facts, [
    { browser: userAgent, country: "DE" },
    { browser: userAgent, country: null },
    { browser: userAgent, country: "DE" },
  ]);
  assertEquals(logs.records.length, 1);
  assert(!JSON.stringify(logs.records).includes("203.0.113.7"), "no address in the log");
});

Deno.test("the time and failures of each enricher are reported by name", () => {
  const seen: [string, boolean, number][] = [];
  runEnrichers(inputs("a", "poison", "poison"), [browser, country], (name, seconds, failures) => {
    seen.push([name, seconds >= 0, failures]);
  });
  assertEquals(seen, [["browser", true, 0], ["country", true, 2]]);
});

Deno.test("what depends on the context alone is read once for the events that share it", () => {
  let reads = 0;
  const counting: Enricher<{ browser: string | null }> = {
    ...browser,
    read(input) {
      reads += 1;
      return browser.read(input);
    },
    readsContext: true,
  };
  const [first, second, other] = inputs("a", "b", "c");
  assert(first !== undefined && second !== undefined && other !== undefined);
  const shared = { ...second, context: first.context };
  const theirs = { ...other, context: { ...other.context, userAgent: "other" } };
  const enriched = runEnrichers([first, shared, theirs], [counting], () => {});
  const { userAgent } = anonymous.context;
  assertEquals(enriched.map(({ facts }) => facts.browser), [userAgent, userAgent, "other"]);
  assertEquals(reads, 2);
});

Deno.test("no events make no enrichments", () => {
  assertEquals(factsOf(), []);
});
