import { redactText, toExample } from "../../src/admin/redact.ts";
import { assert, assertEquals, assertLessOrEqual } from "../support/assert.ts";

Deno.test("an example keeps the shape of an event and shortens its values", () => {
  const long = "x".repeat(500);
  const shown = JSON.parse(toExample({ eventType: "a", props: { long, list: [1, 2, 3, 4, 5] } }));
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
  };
  const text = toExample({ props: secrets });
  const leaks = ["hunter2", "abc", "4111", "jane", "203.0.113.7", "2a00", "eyJ", "sk_live_5"];
  assertEquals(leaks.filter((leak) => text.includes(leak)), []);
  assert(text.includes("write to"), "the rest stays readable");
});

Deno.test("an example is bounded in size, whatever was sent", () => {
  const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key_${i}`, "v"]));
  let deep: unknown = "end";
  for (let i = 0; i < 1_000; i++) deep = { deep };
  for (const value of [wide, deep, "x".repeat(1e6), [wide, wide], null, undefined, 7]) {
    assertLessOrEqual(toExample(value).length, 2_001);
  }
});

Deno.test("a secret at the point where a text is shortened is not shown in part", () => {
  const text = redactText(`${"a".repeat(50)} jane.the.customer@example.com`);
  assert(!text.includes("jane"), text);
});
