import { createAnalytics, indexedDbStore } from "@sluice/client/native";

declare const self: SharedWorkerGlobalScope;

const url: string = import.meta.env["VITE_SLUICE_URL"];
const store = indexedDbStore("shared");
const analytics = createAnalytics({ url, store, flushIntervalMs: 100 });

self.onconnect = async ({ ports: [port] }: MessageEvent) => {
  const { tracked } = await analytics.trackNow("job_completed", {
    from: "web_worker",
    kind: "shared",
  });
  port?.postMessage(`shared:${tracked}`);
};
