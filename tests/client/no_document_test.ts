/** The browser SDK where there is no document: on a server, in a worker. */

import { createAnalytics } from "../../src/client/analytics.ts";
import type { Page } from "../../src/client/page.ts";
import { assertEquals } from "../support/assert.ts";
import { FakePage } from "./fake_page.ts";

/** A global object without a document. */
function withoutDocument() {
  const { fetch, setTimeout, clearTimeout, Date, Math, navigator } = new FakePage().page;
  const rest = { fetch, setTimeout, clearTimeout, Date, Math, navigator };
  return { ...rest, document: undefined, location: undefined } as unknown as Page;
}

/** What the console is told during work. */
async function consoleDuring(work: () => unknown): Promise<unknown[]> {
  const lines: unknown[] = [];
  const { warn } = console;
  Object.assign(console, { warn: (line: unknown) => lines.push(line) });
  try {
    await work();
  } finally {
    Object.assign(console, { warn });
  }
  return lines;
}

const SENTENCE = "Sluice: no document, use @sluice/client/native or @sluice/server";

Deno.test("10.29 without a document the first event says once what to import instead", async () => {
  const page = withoutDocument();
  const lines = await consoleDuring(async () => {
    for (let n = 0; n < 2; n++) {
      const analytics = createAnalytics({ url: "https://events.example" }, page);
      analytics.track("a", { n });
      assertEquals(await analytics.trackNow("b"), { tracked: false, queued: false });
    }
  });
  assertEquals(lines, [SENTENCE]);
});

Deno.test("10.29 on a server that only renders, the console stays silent", async () => {
  const lines = await consoleDuring(async () => {
    const analytics = createAnalytics({ url: "https://events.example" }, withoutDocument());
    analytics.identify("x.y.z");
    analytics.subscribe(() => {})();
    analytics.optOut();
    analytics.optIn();
    analytics.reset();
    assertEquals([analytics.getSessionId(), analytics.getState().queued], [null, 0]);
    assertEquals(await analytics.shutdown(), { sent: 0, rejected: 0, queued: 0 });
  });
  assertEquals(lines, []);
});
