/**
 * The build for a script tag: a global `sluice` with all exports of the package. The tag's `data-url`
 * says where the service is (default: the folder of the script). With `data-auto`, `sluice.analytics`
 * is created at once and tracks page views, marked clicks and downloads; a page with two such tags
 * starts it once. What does not work is said in the console, to the author of the page.
 */

import * as sluice from "./mod.ts";
import { PREFIX } from "./page.ts";

/** Until then a page has called `createAnalytics` itself, or events are due. */
const WAIT_MS = 5_000;

const global = globalThis as unknown as {
  sluice: typeof sluice & { analytics?: sluice.Analytics };
};
global.sluice = { ...global.sluice, ...sluice };

const { stack } = new Error();
// A module has no current script, but its URL is in its stack.
const { dataset, src } = (document.currentScript as HTMLScriptElement | null) ??
  [...document.scripts].find(({ src }) => src && stack?.includes(src)) ?? {} as HTMLScriptElement;

function warn(problem: string): void {
  // deno-lint-ignore no-console
  console.warn("Sluice: " + problem);
}

async function check(): Promise<void> {
  const { analytics } = global.sluice;
  const { sent, queued } = await analytics?.flush() ?? {};
  if (queued && !sent && !analytics?.getState().awaitsConsent) {
    warn((dataset?.url ?? src) + " takes no events");
  }
  if (!Object.keys(globalThis).join().includes(PREFIX)) warn("no data-auto, no createAnalytics()");
}

if (dataset?.auto !== undefined && !global.sluice.analytics) {
  try {
    const { url = new URL(".", src).href, consent, keepQueryParams } = dataset;
    const analytics = sluice.createAnalytics({
      url,
      consent: consent as "required",
      keepQueryParams: keepQueryParams?.split(/[\s,]+/),
    });
    global.sluice.analytics = analytics;
    sluice.trackPageViews(analytics);
    sluice.trackCtaClicks(analytics);
    sluice.trackDownloads(analytics);
  } catch (error) {
    warn("data-" + (error as Error).message);
  }
}
setTimeout(check, WAIT_MS);
