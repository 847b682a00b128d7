import type { Admit } from "../src/admission/admit.ts";
import { createIngest } from "../src/ingest.ts";
import { countBuffered } from "../src/kv/counter.ts";
import type { Kv } from "../src/kv/port.ts";
import { admit } from "./support/admission.ts";
import { assertEquals } from "./support/assert.ts";
import { makeBuffer } from "./support/buffer.ts";
import { anonymous } from "./support/events.ts";
import { newId } from "./support/ids.ts";
import { openTestKv } from "./support/kv.ts";

function fixture(kv: Kv, options: { maxBuffered?: number; maxWaitingLength?: number }) {
  const buffer = makeBuffer(kv, options);
  const calls = { overload: 0, admit: 0 };
  const countingAdmit: Admit = (raw, caller) => {
    calls.admit += 1;
    return admit(raw, { newId }, caller);
  };
  const ingest = createIngest({
    limit: () => null,
    requiresKey: false,
    checkOverload() {
      calls.overload += 1;
      return buffer.checkOverload();
    },
    admit: countingAdmit,
    append: (event) => buffer.append(event),
    onOutcome: () => {},
  });
  return { ingest, calls };
}

for (
  const [limit, options, expected] of [
    ["MAX_BUFFERED_EVENTS", { maxBuffered: 5 }, 5],
    ["the bytes that may wait for a commit", { maxWaitingLength: 1 }, 1],
  ] as const
) {
  Deno.test(`2.8 no event is accepted beyond ${limit}, however many arrive in one turn`, async () => {
    await using opened = await openTestKv();
    const { ingest, calls } = fixture(opened.kv, options);
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, i) => ingest({ eventType: `e${i}` }, anonymous)),
    );
    const accepted = outcomes.filter(({ kind }) => kind === "accepted");
    const overloaded = outcomes.filter(({ kind }) => kind === "overloaded");
    assertEquals([accepted.length, overloaded.length], [expected, 12 - expected]);
    assertEquals(await countBuffered(opened.kv), expected);
    assertEquals(
      calls,
      { overload: 12, admit: expected },
      "checked once, and before the work of admission",
    );
  });
}

Deno.test("an event that is not admitted takes no capacity", async () => {
  await using opened = await openTestKv();
  const { ingest } = fixture(opened.kv, { maxBuffered: 1 });
  const outcomes = await Promise.all([
    ingest({ eventType: "" }, anonymous),
    ingest({ eventType: "page_viewed" }, anonymous),
    ingest({ eventType: "cta_clicked" }, anonymous),
  ]);
  assertEquals(outcomes.map(({ kind }) => kind), ["invalid", "accepted", "overloaded"]);
});
