/** The browser SDK. */

export { createAnalytics } from "./analytics.ts";
export type { Page } from "./page.ts";
export type * from "./types.ts";
export { ENTITY_TYPES, EVENT_SOURCES, EVENT_TYPES } from "../events/catalogue.ts";
export { type BounceOptions, trackBounce } from "./helpers/bounce.ts";
export { trackCtaClicks } from "./helpers/cta_clicks.ts";
export { type Debounced, debounced } from "./helpers/debounced.ts";
export { type DownloadOptions, trackDownloads } from "./helpers/downloads.ts";
export { trackEngagementTime } from "./helpers/engagement_time.ts";
export { type PageViewOptions, trackPageViews } from "./helpers/page_views.ts";
export { type ReadCompleteOptions, trackReadComplete } from "./helpers/read_complete.ts";
export { trackScrollDepth } from "./helpers/scroll_depth.ts";
export type { HelperOptions, HelperPage, Tracker } from "./helpers/watch.ts";
