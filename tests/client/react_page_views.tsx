/** A React page in strict mode that tracks views in an effect, visited by tests/e2e/page_views_test.ts. */

import { StrictMode, useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { createAnalytics, trackPageViews } from "../../src/client/mod.ts";

const url = document.currentScript?.dataset.url ?? "";

function Layout({ n }: { readonly n: number }) {
  const analytics = useMemo(() => createAnalytics({ url }), []);
  useEffect(() => trackPageViews(analytics), [analytics]);
  Object.assign(globalThis, { analytics });
  return <p>Mounted {n}</p>;
}

function Page() {
  const [n, setN] = useState(1);
  return (
    <>
      <button type="button" onClick={() => setN(n + 1)}>Remount</button>
      <Layout key={n} n={n} />
    </>
  );
}

const root = document.createElement("main");
document.body.append(root);
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
