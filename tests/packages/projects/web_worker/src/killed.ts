import { createAnalytics, indexedDbStore } from "@sluice/client/native";

declare const self: DedicatedWorkerGlobalScope;

const url: string = import.meta.env["VITE_SLUICE_URL"];
const store = indexedDbStore("killed");
const offline = { fetch: () => Promise.reject(new TypeError("Failed to fetch")) };
const analytics = createAnalytics({ url, store, ...(self.name === "offline" ? offline : {}) });

self.onmessage = async () => {
  if (self.name === "offline") {
    analytics.track("job_completed", { from: "web_worker", kind: "killed" });
    self.postMessage(`saved:${await analytics.saved()}`);
  } else {
    // Sends what an earlier worker has left, too; its result is about the events of this one
    await analytics.flush();
    self.postMessage("killed:flushed");
  }
};
