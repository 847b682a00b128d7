/**
 * The build for a script tag: a global `sluice` with all that the package exports. The tag may say
 * where the service is (`data-url`; else where the script came from), and with `data-auto` it begins
 * at once, as `sluice.analytics`, with page views, marked clicks and downloads. A tag that stands twice
 * begins once.
 */

import * as sluice from "./mod.ts";

const global = globalThis as unknown as {
  sluice: typeof sluice & { analytics?: sluice.Analytics };
};
global.sluice = { ...global.sluice, ...sluice };

const tag = document.currentScript as HTMLScriptElement | null;
if (tag?.dataset.auto !== undefined && !global.sluice.analytics) {
  const analytics = sluice.createAnalytics({ url: tag.dataset.url ?? new URL(tag.src).origin });
  global.sluice.analytics = analytics;
  sluice.trackPageViews(analytics);
  sluice.trackCtaClicks(analytics);
  sluice.trackDownloads(analytics);
}
