/** The SDK on a page in a test's hand. */

import { createAnalytics } from "../../src/client/analytics.ts";
import type { AnalyticsOptions, Rejection } from "../../src/client/types.ts";
import { FakePage } from "./fake_page.ts";

/** Opens it; what it says to `onRejected` is collected. */
export function open(options: Partial<AnalyticsOptions> = {}, page = new FakePage()) {
  const rejected: Rejection[] = [];
  const analytics = createAnalytics(
    {
      url: "https://events.example",
      onRejected: (rejection) => rejected.push(rejection),
      ...options,
    },
    page.page,
  );
  return { page, analytics, rejected };
}

/** Opens it in two tabs of one browser. */
export function openTabs() {
  const first = open();
  return [first, open({}, first.page.openTab())] as const;
}

/** A token as far as the SDK reads it. */
export function tokenOf(claims: { readonly sub: string; readonly exp?: number }): string {
  return `x.${btoa(JSON.stringify(claims))}.y`;
}
