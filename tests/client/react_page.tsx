/** A React page in strict mode, visited by tests/e2e/react_test.ts. */

import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { AnalyticsProvider, useAnalytics, useTrackView } from "../../src/client/react.tsx";

const { url, type } = document.currentScript?.dataset ?? {};
let renders = 0;
const tracks = new Set<unknown>();

function Asset({ id }: { readonly id: string }) {
  useTrackView(`${type} viewed`, { id });
  return <p>Asset {id}</p>;
}

function Shop() {
  const { track, isTracking } = useAnalytics();
  const [asset, setAsset] = useState<string | null>("a");
  renders += 1;
  tracks.add(track);
  return (
    <>
      <button type="button" onClick={() => track(`${type} clicked`, { at: asset })}>Track</button>
      <button type="button" onClick={() => setAsset("b")}>Next</button>
      <button type="button" onClick={() => setAsset(null)}>Close</button>
      <output>{isTracking ? "tracking" : "idle"}</output>
      {asset && <Asset id={asset} />}
    </>
  );
}

Object.assign(globalThis, { seen: () => ({ renders, tracks: tracks.size }) });
const root = document.createElement("main");
document.body.append(root);
createRoot(root).render(
  <StrictMode>
    <AnalyticsProvider url={url ?? ""} flushIntervalMs={100}>
      <Shop />
    </AnalyticsProvider>
  </StrictMode>,
);
