import { createAnalytics, indexedDbStore } from "@sluice/client/native";

declare const self: DedicatedWorkerGlobalScope;

const url: string = import.meta.env["VITE_SLUICE_URL"];
const analytics = createAnalytics({ url, store: indexedDbStore(), flushIntervalMs: 100 });

self.onmessage = async ({ data: token }: MessageEvent<string>) => {
  analytics.track("job_completed", { from: "web_worker", kind: "dedicated" });
  const saved = await analytics.saved();
  analytics.identify(token);
  const { tracked } = await analytics.trackNow("payout_completed", {
    from: "web_worker",
    kind: "dedicated",
    amount_cents: 4900,
    payment_method: "card",
  });
  await analytics.flush();
  self.postMessage(`dedicated:${saved}:${tracked}:${analytics.getState().queued}`);
};
