import { chromeStorage, createAnalytics } from "@sluice/client/native";

const analytics = createAnalytics({
  url: "https://events.example.com",
  store: chromeStorage(chrome.storage.local),
});
chrome.runtime.onInstalled.addListener(({ reason }) => {
  analytics.track("extension_ready", { reason });
});
