import { AnalyticsProvider, useAnalytics as useSdk, useTrackView } from "@sluice/client/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { httpBatchLink } from "@trpc/client";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { AssetCard } from "@/components/AssetCard";
import { AdminControls } from "@/examples/admin_controls";
import { AdminDashboard } from "@/examples/admin_dashboard";
import { useTrackAnonymously } from "@/examples/anonymous";
import { AssetViewer } from "@/examples/asset_viewer";
import { useBatching } from "@/examples/batching";
import { trpcClient } from "@/examples/client";
import { useDebouncedEventTracking } from "@/examples/debounced_tracking";
import { useAnalyticsTracking } from "@/examples/error_handling";
import { useTrackLicenseSigned } from "@/examples/license_signed";
import { useOfflineEventSync } from "@/examples/offline_sync";
import { usePolling } from "@/examples/polling";
import { useTrackScrollDebounced } from "@/examples/scroll_debounced";
import { useSilentErrors } from "@/examples/silent_errors";
import { useTrackAssetView } from "@/examples/track_asset_view";
import { validateEventProps } from "@/examples/validate_props";
import { validateEventTimestamp } from "@/examples/validate_timestamp";
import { trackEventSchema } from "@/lib/schemas";
import { getQueuedEventsFromStorage, queueFailedEvent } from "@/lib/site";
import { trpc } from "@/lib/trpc";
import type { TrackEventInput } from "@/types/analytics";

const { VITE_SLUICE_URL: url, VITE_TOKEN: token, VITE_PART: part } = import.meta.env;
const VIEWED = "ckv3x9d2a0001qzrmn831i7rn";
const CARD = { id: "ckv3x9d2a0002qzrmn831i7rn", type: "image", category: "art" };
const INCOMPLETE = { id: "ckv3x9d2a0003qzrmn831i7rn", type: "image", category: "art" };
const LICENSE = "ckv3x9d2a0004qzrmn831i7rn";
/** Without `entityType`, which is required then. */
const INVALID: TrackEventInput = { eventType: "cta_clicked", entityId: LICENSE };

const valid = [
  trackEventSchema.safeParse(INVALID).success,
  validateEventProps("license_signed", { license_id: LICENSE }),
  validateEventTimestamp(new Date(0)),
];

function Button({ name, run }: { name: string; run: () => unknown }) {
  return <button type="button" onClick={() => void run()}>{name}</button>;
}

function Examples() {
  const trackLicenseSigned = useTrackLicenseSigned();
  const trackAnonymously = useTrackAnonymously();
  const trackScroll = useTrackScrollDebounced();
  const { trackScrollDepth } = useDebouncedEventTracking();
  const trackAssetView = useTrackAssetView();
  const { syncOfflineEvents } = useOfflineEventSync();
  const { queueEvent, trackEvent } = useBatching();
  const trackSilently = useSilentErrors();
  const handled = useAnalyticsTracking();
  const polled = usePolling();
  function syncOffline() {
    queueFailedEvent({ eventType: "search_performed", props: { query: "art" } });
    queueFailedEvent({ eventType: "license_signed" });
    return syncOfflineEvents();
  }
  function queueMany() {
    for (let n = 0; n < 20; n++) queueEvent({ eventType: "button_clicked", props: { n } });
    trackEvent({ eventType: "button_clicked", props: { n: 20 } });
  }
  return (
    <>
      <Button name="license" run={() => trackLicenseSigned(LICENSE)} />
      <Button name="anonymous" run={trackAnonymously} />
      <Button name="scroll" run={() => trackScroll(25)} />
      <Button name="scroll again" run={() => trackScrollDepth(50)} />
      <Button name="incomplete" run={() => trackAssetView(INCOMPLETE)} />
      <Button name="offline" run={syncOffline} />
      <Button name="batch" run={queueMany} />
      <Button name="invalid" run={() => handled.mutate(INVALID)} />
      <Button name="silent" run={() => trackSilently(INVALID)} />
      <Button
        name="client"
        run={() =>
          trpcClient.eventIngestion.track.mutate({ eventType: "form_submitted", props: { part } })}
      />
      <p>Polled: {polled?.config.batchSize}</p>
      <p>Valid: {valid.join(" ")}</p>
      <p>{handled.error?.data?.code}</p>
    </>
  );
}

function Sdk() {
  const { track } = useSdk();
  useTrackView("post_viewed", { post_id: part }, {});
  return <Button name="sdk" run={() => track("modal_opened", { part })} />;
}

const queries = new QueryClient();
const client = trpc.createClient({
  links: [
    httpBatchLink({
      url: `${url}/api/trpc`,
      headers: () => ({ authorization: `Bearer ${token}` }),
    }),
  ],
});

Object.assign(globalThis, { getQueuedEventsFromStorage });
const main = document.querySelector("main");
if (main) {
  createRoot(main).render(
    <StrictMode>
      <trpc.Provider client={client} queryClient={queries}>
        <QueryClientProvider client={queries}>
          <AnalyticsProvider url={url} flushIntervalMs={200}>
            <AdminDashboard />
            <AdminControls />
            <AssetViewer assetId={VIEWED} />
            <div id="card" style={{ height: 20, background: "silver" }}>
              <AssetCard asset={CARD} />
            </div>
            <Examples />
            <Sdk />
          </AnalyticsProvider>
        </QueryClientProvider>
      </trpc.Provider>
    </StrictMode>,
  );
}
