import { assert, assertEquals } from "../support/assert.ts";
import {
  ENTITY_TYPES,
  EVENT_SOURCES,
  EVENT_TYPES,
  isKnownEventType,
  REQUIRED_PROPS,
} from "../../src/events/catalogue.ts";

const types: readonly string[] = Object.values(EVENT_TYPES);

Deno.test("the catalogue lists the guide's 79 event types, each once, named after its constant", () => {
  assertEquals(types.length, 79);
  assertEquals(new Set(types).size, 79);
  for (const [name, type] of Object.entries(EVENT_TYPES)) assertEquals(name, type.toUpperCase());
});

Deno.test("the catalogue has the guide's sources and entity types", () => {
  assertEquals<string[]>(Object.values(EVENT_SOURCES), [
    "web",
    "api",
    "mobile",
    "system",
    "webhook",
  ]);
  assertEquals<string[]>(Object.values(ENTITY_TYPES), [
    "project",
    "asset",
    "license",
    "creator",
    "brand",
    "user",
    "royalty",
    "payout",
    "post",
    "category",
  ]);
});

Deno.test("4.1 isKnownEventType() accepts every type of the catalogue", () => {
  for (const type of types) assert(isKnownEventType(type), type);
});

Deno.test("4.1 isKnownEventType() accepts nothing else, not even names of object members", () => {
  const others = ["", "ASSET_VIEWED", "asset_viewed ", "asset-viewed", "constructor", "__proto__"];
  assertEquals(others.filter(isKnownEventType), []);
});

Deno.test("4.4 the required props are the contract's, and of known types only", () => {
  assertEquals(REQUIRED_PROPS, {
    asset_viewed: ["view_duration_ms"],
    license_signed: ["license_id"],
    payout_completed: ["amount_cents", "payment_method"],
    post_viewed: ["post_id"],
    post_cta_clicked: ["cta_type", "cta_url"],
  });
  assertEquals(Object.keys(REQUIRED_PROPS).filter((type) => !isKnownEventType(type)), []);
});
