/** Creates the SDK on a fake page. */

import { createAnalytics } from "../../src/client/analytics.ts";
import type { AnalyticsOptions, Rejection } from "../../src/client/types.ts";
import { FakePage } from "./fake_page.ts";

/** Creates the SDK; `rejected` collects the calls of `onRejected`. */
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

/** Creates the SDK in two tabs of one browser. */
export function openTabs() {
  const first = open();
  return [first, open({}, first.page.openTab())] as const;
}

/** An unsigned token: the SDK reads only its claims. */
export function createToken(claims: { readonly sub: string; readonly exp?: number }): string {
  return `x.${btoa(JSON.stringify(claims))}.y`;
}
