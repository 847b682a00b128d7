import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createContext, runInContext } from "node:vm";
import { bundle } from "./bundle.mjs";

const url = process.env.SLUICE_URL;
const code = process.argv[2];
const packageExports = process.argv[3] === "exports";

/** Starts the app on a phone: the globals of React Native, with nothing of a browser or of Node. */
function startApp(disk, phone, source) {
  const globals = {
    host: { disk, randomUUID },
    console: Object.fromEntries(
      ["log", "info", "warn", "error", "debug"].map((level) => [
        level,
        (...texts) => phone.console.push(`${level}: ${texts.join(" ")}`),
      ]),
    ),
    setTimeout: (callback, ms) => {
      const timer = setTimeout(() => phone.isAlive && callback(), ms);
      phone.timers.push(timer);
      return timer;
    },
    clearTimeout,
    setInterval,
    clearInterval,
    setImmediate,
    AbortController,
    async fetch(address, init) {
      phone.requests.push(address);
      if (!phone.isOnline || !phone.isAlive) throw new TypeError("Network request failed");
      const response = await fetch(address, init);
      const { status, ok, headers } = response;
      return {
        status,
        ok,
        headers: { get: (name) => headers.get(name) },
        json: () => response.json(),
        text: () => response.text(),
      };
    },
    navigator: { product: "ReactNative" },
  };
  const context = createContext(globals);
  runInContext("globalThis.window = globalThis.self = globalThis.global = globalThis", context);
  runInContext(source, context);
  return context;
}

const newPhone = (isOnline) => ({
  isOnline,
  isAlive: true,
  requests: [],
  console: [],
  timers: [],
});

function kill(phone) {
  phone.isAlive = false;
  for (const timer of phone.timers) clearTimeout(timer);
}

const resolved = await bundle(code, packageExports);
const source = await readFile(code.replace(/(\.js)?$/, ".js"), "utf8");
const disk = new Map();
const mode = packageExports ? "exports" : "main";

// Without a network, the app is killed once its events are saved
const first = newPhone(false);
const before = startApp(disk, first, source);
const analytics = before.app.start(url);
analytics.track("license_signed", { from: "native", mode, license_id: "offline" });
analytics.track("asset_viewed", { from: "native", mode, view_duration_ms: 1 }, {
  entityType: "asset",
  entityId: "ckv3x9d2a0000qzrmn831i7rn",
});
const saved = await analytics.saved();
await analytics.flush();
kill(first);

// The next start sends them, and what a screen tracks when the app goes to the background
const second = newPhone(true);
const after = startApp(disk, second, source);
const again = after.app.start(url);
again.identify(process.env.SLUICE_TOKEN);
await after.app.render(again);
again.track("payout_completed", { from: "native", mode, amount_cents: 1, payment_method: "card" });
after.setAppState("background");
while (again.getState().queued > 0) await again.flush();
const state = again.getState();
after.app.trackAsInAPage(url);
await again.shutdown();
kill(second);
console.log(JSON.stringify({
  resolved,
  saved,
  offline: first.requests.length > 0,
  queued: state.queued,
  rejected: state.rejected,
  dropped: state.dropped,
  disk: [...disk.keys()].filter((key) => /event|queue/.test(key)),
  console: [...first.console, ...second.console],
}));
