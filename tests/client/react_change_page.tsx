/** A React page whose analytics change during a view, visited by tests/e2e/react_test.ts. */

import { useState } from "react";
import { createRoot } from "react-dom/client";
import { AnalyticsProvider, useTrackView } from "../../src/client/react.tsx";
import type { Analytics } from "../../src/client/types.ts";

const seen: string[] = [];
const STATE = { sending: false };

function fakeAnalytics(name: string): Analytics {
  return {
    track: (eventType: string) => seen.push(`${eventType} by ${name}`),
    subscribe: () => () => {},
    getState: () => STATE,
  } as unknown as Analytics;
}

const old = fakeAnalytics("the old");
const next = fakeAnalytics("the new");

function Asset() {
  useTrackView("viewed", { id: "a" });
  return <p>Asset</p>;
}

function App() {
  const [analytics, setAnalytics] = useState(old);
  const [open, setOpen] = useState(true);
  return (
    <AnalyticsProvider analytics={analytics}>
      <button type="button" onClick={() => setAnalytics(next)}>Change</button>
      <button type="button" onClick={() => setOpen(false)}>Close</button>
      {open && <Asset />}
    </AnalyticsProvider>
  );
}

Object.assign(globalThis, { seen });
const root = document.createElement("main");
document.body.append(root);
createRoot(root).render(<App />);
