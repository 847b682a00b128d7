/**
 * The build for a script tag: a global `sluice` with all exports of the package. The tag's `data-url`
 * says where the service is (default: the origin of the script). With `data-auto`, `sluice.analytics`
 * is created at once and tracks page views, marked clicks and downloads; a page with two such tags
 * starts it once.
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
