/** Storage whose values somebody else has changed. */

import { assertEquals } from "../support/assert.ts";
import { FakePage, unreachable } from "./fake_page.ts";
import { open } from "./open.ts";

const SESSIONS = ["{", "null", "5", "[]", "{}", '{"seenAt":NOW}'];

for (const text of ["", "{", "null", "5", "[]", '"text"', '{"id":"x"}', '{"event":{}}']) {
  Deno.test(`10.3 an event that is ${text || "empty"} in localStorage harms no other`, async () => {
    const before = open();
    before.page.respond = unreachable;
    before.analytics.track("a");
    await before.page.advance(10);
    const { storage, clock } = before.page;
    storage.setItem("sluice.https://events.example corrupt", text);
    const { page, analytics } = open({}, new FakePage(storage, clock));
    analytics.track("b");
    await analytics.flush();
    await page.advance(600_000);
    assertEquals(page.sent.map((event) => event?.eventType).toSorted(), ["a", "b"]);
  });
}

for (const text of SESSIONS) {
  Deno.test(`10.3 a session that is ${text} in localStorage is none`, async () => {
    const page = new FakePage();
    page.storage.setItem("sluice.visit", text.replace("NOW", `${page.clock.now()}`));
    const { analytics } = open({}, page);
    analytics.track("a");
    await analytics.flush();
    assertEquals(page.sent.map(({ eventType, sessionId }) => [eventType, typeof sessionId]), [
      ["a", "string"],
    ]);
  });
}
