/** The SDK of a page. */

import { createOn } from "./instance.ts";
import { checkOptions } from "./options.ts";
import type { Page } from "./page.ts";
import { openPageStore } from "./stores.ts";
import type { Analytics, AnalyticsOptions } from "./types.ts";

/**
 * Creates the SDK of a page. Where there is no document, as on a server, it does nothing, and `track` says
 * so once.
 *
 * @param page replaces the browser in tests
 * @throws {TypeError} for an invalid option; nothing throws afterwards
 *
 * @example
 * ```ts
 * const analytics = createAnalytics({ url: "https://events.example.com" });
 * analytics.track("license_signed", { license_id: "lic_1" });
 * ```
 */
export function createAnalytics(
  options: AnalyticsOptions,
  page: Page = globalThis as unknown as Page,
): Analytics {
  const settings = checkOptions(options, page.location?.href ?? "http://localhost");
  return createOn(page, settings, openPageStore);
}
