// AsyncStorage's own mock, in Node without what React Native's engine lacks.
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { asyncStorage, createAnalytics } from "@sluice/client/native";

globalThis.jest = { fn: (implementation) => implementation };
for (const name of ["atob", "crypto", "document", "navigator", "addEventListener"]) {
  Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
}
const require = createRequire(import.meta.url);
const storage = require("@react-native-async-storage/async-storage/jest/async-storage-mock");

/** An app: one after the other on the same storage. */
function start(fetch) {
  let become;
  const appState = {
    currentState: "active",
    addEventListener(_, listener) {
      become = listener;
      return { remove() {} };
    },
  };
  const analytics = createAnalytics({
    url: process.env.SLUICE_URL,
    store: asyncStorage(storage),
    appState,
    randomUUID,
    fetch,
  });
  return { analytics, become: (state) => become(state) };
}

const offline = start(() => Promise.reject(new TypeError("Network request failed")));
for (let n = 0; n < 3; n++) offline.analytics.track("job_completed", { from: "react_native", n });
const saved = await offline.analytics.saved();
await offline.analytics.shutdown();

const online = start(globalThis.fetch);
online.analytics.identify(process.env.SLUICE_TOKEN);
online.analytics.track("job_completed", { from: "react_native", n: 3 });
await online.analytics.saved();
online.become("background");
const { sent, rejected, queued } = await online.analytics.flush();
const left = (await storage.getAllKeys()).filter((key) => key.includes(process.env.SLUICE_URL));
await online.analytics.shutdown();
console.log(
  JSON.stringify({
    saved,
    rejected,
    queued,
    left,
    sent: sent + online.analytics.getState().sent > 0,
  }),
);
