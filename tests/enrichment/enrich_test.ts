import { assertEquals } from "../support/assert.ts";
import { accepted } from "../support/admission.ts";
import { anonymous } from "../support/events.ts";
import { enrich } from "../../src/enrichment/enrich.ts";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
const ENTITY = { entityId: "cjld2cjxh0000qzrmn831i7rn", entityType: "asset" };

function line(id: string, userAgent: string | null, fields: Record<string, unknown> = {}): string {
  const caller = { ...anonymous, context: { ...anonymous.context, userAgent } };
  return accepted({ eventType: "page_viewed", ...fields }, { newId: () => id }, caller).line;
}

Deno.test("an enrichment belongs to its event and tells of its user agent", () => {
  const occurred_at = "2026-02-28T10:20:30.456Z";
  assertEquals(enrich([line("id-1", FIREFOX, { props: { occurred_at } })]), [{
    event_id: "id-1",
    occurred_at,
    browser: "Firefox",
    browser_version: "133.0",
    os: "Linux",
    os_version: null,
    device_type: "desktop",
    entity_status: "none",
  }]);
});

Deno.test("every event gets one enrichment, in order, with the facts of its own caller", () => {
  const agents = [FIREFOX, null, "curl/8.5.0", FIREFOX, null];
  const enrichments = enrich(agents.map((userAgent, i) => line(`id-${i}`, userAgent)));
  assertEquals(enrichments.map(({ event_id, browser }) => [event_id, browser]), [
    ["id-0", "Firefox"],
    ["id-1", null],
    ["id-2", null],
    ["id-3", "Firefox"],
    ["id-4", null],
  ]);
});

Deno.test("4.5 an entity that nobody has looked for is unchecked, no entity is none", () => {
  const lines = [
    line("a", null, ENTITY),
    line("b", null),
    line("c", null, { entityType: "asset" }),
  ];
  assertEquals(enrich(lines).map(({ entity_status }) => entity_status), [
    "unchecked",
    "none",
    "none",
  ]);
});

Deno.test("7.4 no address and no user agent as such gets into an enrichment", () => {
  const text = JSON.stringify(enrich([line("a", FIREFOX)]));
  assertEquals([text.includes("203.0.113.7"), text.includes("Mozilla")], [false, false]);
});

Deno.test("no lines make no enrichments", () => {
  assertEquals(enrich([]), []);
});
