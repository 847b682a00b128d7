import { type Analytics, createAnalytics, trackPageViews } from "@sluice/client";
import { AnalyticsProvider, useAnalytics, useTrackView } from "@sluice/client/react";
import { createSluice, keyOf, type Sluice, SluiceError } from "@sluice/server";
import { createElement, type ReactElement } from "react";

const sluice: Sluice = createSluice({ url: "https://events.example.com" });

export async function pay(id: string, cents: number): Promise<string> {
  try {
    const { idempotencyKey } = await sluice.track({
      eventType: "payout_completed",
      props: { amount_cents: cents, payment_method: "card" },
      idempotencyKey: await keyOf(id),
    });
    return idempotencyKey;
  } catch (error) {
    return error instanceof SluiceError && error.kept ? "kept" : "lost";
  }
}

const analytics: Analytics = createAnalytics({ url: "https://events.example.com" });
export const stop: () => void = trackPageViews(analytics);
analytics.track("license_signed", { license_id: "l" });
// @ts-expect-error license_signed requires license_id
analytics.track("license_signed");
// @ts-expect-error it is no type of an entity
sluice.track({ eventType: "page_viewed", entityType: "house" });

function Asset({ id }: { readonly id: string }): ReactElement {
  const { track, isTracking } = useAnalytics();
  useTrackView("asset_viewed", { kind: "photo" }, { entityType: "asset", entityId: id });
  track("cta_clicked");
  return createElement("p", null, String(isTracking));
}

export const page: ReactElement = createElement(
  AnalyticsProvider,
  { analytics },
  createElement(Asset, { id: "a" }),
);
