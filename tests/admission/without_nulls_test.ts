import { assertEquals } from "../support/assert.ts";
import { accepted, rowFor } from "../support/admission.ts";

const KEY = "11111111-1111-4111-8111-11111111111a";
const ATTRIBUTION = [
  "utmSource",
  "utmMedium",
  "utmCampaign",
  "utmTerm",
  "utmContent",
  "referrer",
  "landingPage",
];

const absent: readonly (readonly [name: string, withNull: object, without: object])[] = [
  ...["source", "entityId", "entityType", "sessionId", "props", "attribution", "idempotencyKey"]
    .map((name) => [name, { [name]: null }, {}] as const),
  ...ATTRIBUTION.map((name) =>
    [
      `attribution.${name}`,
      { attribution: { ...filled(name), [name]: null } },
      { attribution: filled(name) },
    ] as const
  ),
  ["props.occurred_at", { props: { a: null, occurred_at: null } }, { props: { a: null } }],
];

function filled(butFor: string): object {
  return butFor === "utmSource" ? { utmMedium: "m" } : { utmSource: "s" };
}

for (const [name, withNull, without] of absent) {
  Deno.test(`4.9 null for ${name} is the same event as without it`, () => {
    for (
      const rest of [{ eventType: "page_viewed" }, {
        eventType: "page_viewed",
        idempotencyKey: KEY,
      }]
    ) {
      const given = accepted({ ...rest, ...withNull });
      const expected = accepted({
        ...rest,
        ...without,
        ...("idempotencyKey" in withNull ? withNull : {}),
      });
      assertEquals(given.dedupKey, expected.dedupKey);
    }
    const { props: _, ...row } = rowFor({ eventType: "page_viewed", ...withNull });
    const { props: _props, ...expected } = rowFor({ eventType: "page_viewed", ...without });
    assertEquals(row, expected);
  });
}

Deno.test("4.9 all of them may be null at once, and what was sent is not changed", () => {
  const sent = Object.freeze({
    eventType: "page_viewed",
    source: null,
    entityId: null,
    entityType: null,
    sessionId: null,
    props: null,
    attribution: Object.freeze({ utmSource: null, referrer: null }),
    idempotencyKey: null,
  });
  assertEquals(rowFor(sent), rowFor({ eventType: "page_viewed", attribution: {} }));
});

Deno.test("4.9 other props may be null: they are stored, and count as present", () => {
  assertEquals(rowFor({ eventType: "post_viewed", props: { post_id: null } }).props, {
    post_id: null,
  });
});
