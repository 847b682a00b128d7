/** `GET /demo`: starts the demo in the browser. */

import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { createAnalytics, type Rejection, trackPageViews } from "../client/mod.ts";
import { AnalyticsProvider } from "../client/react.tsx";
import { Journey } from "./journey.tsx";
import { Shop } from "./shop.tsx";

const FLUSH_MS = 2_000;
const SHOWN_REJECTIONS = 3;

let network = true;
const realFetch = globalThis.fetch;
globalThis.fetch = (input, init) =>
  network || !String(input).includes("/v1/")
    ? realFetch(input, init)
    : Promise.reject(new TypeError("The demo's network is off"));

let tell = (_: Rejection) => {};
const analytics = createAnalytics({
  url: "/",
  flushIntervalMs: FLUSH_MS,
  onRejected: (rejection) => tell(rejection),
});
trackPageViews(analytics);

function Demo() {
  const [online, setOnline] = useState(network);
  const [rejections, setRejections] = useState<readonly Rejection[]>([]);
  tell = (rejection) => setRejections((known) => [rejection, ...known].slice(0, SHOWN_REJECTIONS));
  return (
    <AnalyticsProvider analytics={analytics}>
      <Shop />
      <Journey
        analytics={analytics}
        rejections={rejections}
        online={online}
        onOnline={(on) => {
          network = on;
          setOnline(on);
          if (on) dispatchEvent(new Event("online"));
        }}
      />
    </AnalyticsProvider>
  );
}

const root = document.getElementById("demo");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Demo />
    </StrictMode>,
  );
}
