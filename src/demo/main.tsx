/** The browser's part of `GET /demo`. */

import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { createAnalytics, type Rejection, trackPageViews } from "../client/mod.ts";
import { AnalyticsProvider } from "../client/react.tsx";
import { Journey } from "./journey.tsx";
import { SERVICE } from "./service.ts";
import { Shop } from "./shop.tsx";

const FLUSH_MS = 2_000;
const MAX_REJECTIONS = 3;

let isNetworkOn = true;
const realFetch = globalThis.fetch;
globalThis.fetch = (input, init) =>
  isNetworkOn || !String(input).includes("/v1/")
    ? realFetch(input, init)
    : Promise.reject(new TypeError("The network is turned off in the demo"));

let showRejection = (_: Rejection) => {};
const analytics = createAnalytics({
  url: `${SERVICE}/`,
  flushIntervalMs: FLUSH_MS,
  onRejected: (rejection) => showRejection(rejection),
});
trackPageViews(analytics);

function Demo() {
  const [online, setOnline] = useState(isNetworkOn);
  const [rejections, setRejections] = useState<readonly Rejection[]>([]);
  showRejection = (rejection) =>
    setRejections((earlier) => [rejection, ...earlier].slice(0, MAX_REJECTIONS));
  return (
    <AnalyticsProvider analytics={analytics}>
      <Shop />
      <Journey
        analytics={analytics}
        rejections={rejections}
        online={online}
        onOnlineChange={(on) => {
          isNetworkOn = on;
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
