import { createAnalytics, indexedDbStore } from "@sluice/client/native";

declare const self: ServiceWorkerGlobalScope;

const url: string = import.meta.env["VITE_SLUICE_URL"];
const store = indexedDbStore("service_worker");
const analytics = createAnalytics({ url, store, flushIntervalMs: 100 });

self.addEventListener("message", (event) => {
  analytics.track("job_completed", { from: "web_worker", kind: "service" });
  event.waitUntil(
    analytics.flush().then(({ rejected, queued }) => {
      event.source?.postMessage(`service:${rejected}:${queued}`);
    }),
  );
});
