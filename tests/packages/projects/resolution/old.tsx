import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter, TrackEventInput } from "@sluice/api/v10";
import { type AnalyticsOptions, createAnalytics } from "@sluice/client";
import { createAnalytics as createWorkerAnalytics, indexedDbStore } from "@sluice/client/native";
import { AnalyticsProvider } from "@sluice/client/react";
import { createSluice, type EventName } from "@sluice/server";

type Input = inferRouterInputs<AppRouter>["eventIngestion"]["track"];
type Output = inferRouterOutputs<AppRouter>["eventIngestion"]["track"];
export const input: Input = { eventType: "page_viewed" } as TrackEventInput;
export const isTracked = (output: Output): boolean => output.tracked;
// @ts-expect-error it is no text
export const wrong: Input = { eventType: 4 };

const options: AnalyticsOptions = { url: "https://events.example.com" };
export const page = (
  <AnalyticsProvider analytics={createAnalytics(options)}>
    <p />
  </AnalyticsProvider>
);
export const worker = createWorkerAnalytics({ ...options, store: indexedDbStore() });

export const name: EventName = "asset_uploaded";
const sluice = createSluice({ url: "https://events.example.com" });
sluice.trackAll([{ eventType: "page_viewed" }, {
  eventType: "license_signed",
  props: { license_id: "l" },
}]);
// @ts-expect-error license_signed requires license_id
sluice.trackAll([{ eventType: "page_viewed" }, { eventType: "license_signed" }]);
