import { MAX_VALUE_BYTES } from "../../src/kv/limits.ts";
import { getText, setTexts } from "../../src/kv/text.ts";
import { assertEquals } from "../support/assert.ts";
import { keysUnder, openTestKv } from "../support/kv.ts";

const DAY = 24 * 3_600_000;

Deno.test("texts of any size and any characters are stored in as many commits as they need", async () => {
  await using opened = await openTestKv();
  const bodies = ["", "a", "\ufeffü", `😀${"x".repeat(60_000)}`, "€".repeat(20_000)];
  const texts = Array.from({ length: 600 }, (_, i) => ({
    key: ["text", i],
    text: `${bodies[i % bodies.length]}`,
  }));
  await setTexts(opened.kv, texts, DAY);
  for (const { key, text } of texts) assertEquals(await getText(opened.kv, key), text);
});

Deno.test("a text that no value can hold is left out, and stops no other", async () => {
  await using opened = await openTestKv();
  const texts = ["x".repeat(MAX_VALUE_BYTES), "x".repeat(MAX_VALUE_BYTES + 1), "€".repeat(30_000)]
    .map((text, i) => ({ key: ["text", i], text }));
  await setTexts(opened.kv, texts, DAY);
  assertEquals(await keysUnder(opened.kv, "text"), [["text", 0]]);
});

Deno.test("a text that an earlier version stored as a string is read; anything else is none", async () => {
  await using opened = await openTestKv();
  await opened.kv.set(["text"], "ü");
  await opened.kv.set(["number"], 7);
  assertEquals(await getText(opened.kv, ["text"]), "ü");
  assertEquals(await getText(opened.kv, ["number"]), null);
  assertEquals(await getText(opened.kv, ["absent"]), null);
});
