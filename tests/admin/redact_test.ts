import { redactText, toExample } from "../../src/admin/redact.ts";
import { createUrlFilter } from "../../src/events/url_filter.ts";
import { assert, assertEquals, assertLessOrEqual } from "../support/assert.ts";

const URLS = createUrlFilter([]);

Deno.test("an example keeps the shape of an event and shortens its values", () => {
  const long = "x".repeat(500);
  const shown = JSON.parse(
    toExample({ eventType: "a", props: { long, list: [1, 2, 3, 4, 5] } }, URLS),
  );
  assertEquals(shown, {
    eventType: "a",
    props: { long: `${"x".repeat(60)}…`, list: [1, 2, 3, "… 5 in total"] },
  });
});

Deno.test("9.10 an example contains no secrets and no addresses", () => {
  const secrets = {
    password: "hunter2",
    accessToken: "abc",
    Authorization: "Bearer abc",
    cardNumber: "4111",
    note: "write to jane@example.com from 203.0.113.7 or 2a00:23c0:17:9f00:1:2:3:4",
    url: "https://a.example/?t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    stripe: "sk_live_51H8abcdefgh",
    mistaken: "it is sluice_key_0123456789abcdef, I think",
  };
  const text = toExample({ props: secrets }, URLS);
  const leaks = [
    "hunter2",
    "abc",
    "4111",
    "jane",
    "203.0.113.7",
    "2a00",
    "eyJ",
    "sk_live_5",
    "key_0123",
  ];
  assertEquals(leaks.filter((leak) => text.includes(leak)), []);
  assert(text.includes("write to"), "the rest stays readable");
});

Deno.test("an example is bounded in size, whatever was sent", () => {
  const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key_${i}`, "v"]));
  let deep: unknown = "end";
  for (let i = 0; i < 1_000; i++) deep = { deep };
  for (const value of [wide, deep, "x".repeat(1e6), [wide, wide], null, undefined, 7]) {
    assertLessOrEqual(toExample(value, URLS).length, 2_001);
  }
});

Deno.test("a secret at the point where a text is shortened is not shown in part", () => {
  const text = redactText(`${"a".repeat(50)} jane.the.customer@example.com`);
  assert(!text.includes("jane"), text);
});

const HIDDEN_TEXTS = [
  "::1",
  "fe80::1",
  "2001:db8::",
  "2001:DB8::7",
  "fe80::1%eth0",
  "[2001:db8::1]:80",
  "::ffff:203.0.113.7",
  "64:ff9b::203.0.113.7",
  "ip:2001:db8::1",
  "2001:db8::1: timeout",
  "203.0.113.7",
  "2a00:23c0:17:9f00:1:2:3:4",
  "+49 30 1234567",
  "+4915112345678",
  "+1 (555) 123-4567",
  "0049 170 1234567",
  "(030) 123 45 67",
  "(555) 123-4567",
  "555-123-4567",
  "555.123.4567",
  "0171 2345678",
  "030/1234567",
  "01712345678",
  "tel:+44-20-7946-0958",
  "1-415-555-2671",
  "+49\u201130\u2011901820",
  "06.12.34.56.78",
  "030 / 1234567",
  "030 - 123 45 67",
  "00 49 30 1234567",
  "+49 30 - 1234567",
  "+49_30_1234567",
  "\uff0b49 30 1234567",
  "011 49 30 1234567",
  "+49 30 12 34 56 - 78",
  "495-123-45-67",
  "1:2:3:4:5:6:7::",
  "::2:3:4:5:6:7:8",
  "ip203.0.113.7",
  "_203.0.113.7_",
  "203-0-113-7.dyn.example.com",
  "203_0_113_7",
];

Deno.test("9.10 phone numbers and IP addresses in any notation are hidden", () => {
  for (const text of HIDDEN_TEXTS) {
    for (
      const value of [text, `call ${text}, please`, `(${text})`, `x=${text}&y=1`, `call ${text}.`]
    ) {
      const shown = redactText(value, 200);
      const parts = text.match(/(?<![a-z])[0-9a-f]{3,}/gi) ?? [];
      const left = parts.filter((part) => shown.includes(part));
      assertEquals([shown.includes("•••"), left], [true, []], `${value} is shown as ${shown}`);
    }
  }
});

Deno.test("times, ids, versions and amounts in examples stay readable", () => {
  const readable = [
    "2026-03-01T12:30:45.123Z",
    "2026-03-01 12:30:45",
    "12:30",
    "12:30:45",
    "1772366400000",
    "7d5e2b1c-0123-4c6d-8e1b-2f4a6c8e0b1d",
    "0191d5a0-7c3e-7b1a-9c55-0242ac120002",
    "ckv3x9d2a0000qzrmn831i7rn",
    "1,234.50",
    "0.123456789",
    "https://shop.example:8443/a/b?page=10",
    "urn:isbn:9783161484100",
    "std::vector",
    "Foo::Bar",
    "10 x 20 x 30",
    "100 200 300 400",
    "v1.2.3",
    "v1.2.3.4",
    "2026-03-01 12:00 2026-03-02",
    "2026_03_01_12_30_45",
    "backup-2026-03-01-12-30-45",
    "1-2-3",
    "1-2-3-4-5",
    "300-400-500-600",
  ];
  for (const text of readable) assertEquals(redactText(text, 200), text);
});
