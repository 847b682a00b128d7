import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { builtPackage } from "../support/built_package.ts";
import { openNpmProject, run } from "../support/npm_project.ts";

const { files } = await builtPackage("client");

Deno.test("the package's React part begins with 'use client'", () => {
  assertEquals(files.get("esm/react.js")?.split("\n")[0], '"use client";');
});

Deno.test("in Node, where there is no page, the package does nothing and lets the process exit", async () => {
  const script = `
    import { createAnalytics, trackPageViews, debounced, EVENT_TYPES } from "@sluice/client";
    const analytics = createAnalytics({ url: "https://events.example.com" });
    trackPageViews(analytics);
    debounced(10, () => {})();
    analytics.track(EVENT_TYPES.PAGE_VIEWED, { page: "/" });
    analytics.identify("token");
    const result = await analytics.trackNow("license_signed", { license_id: "1" });
    analytics.optOut();
    console.log(JSON.stringify([result, await analytics.shutdown(), analytics.getSessionId()]));
  `;
  const client = { name: "@sluice/client", files };
  await using opened = await openNpmProject(client, { "run.js": script }, {});
  assertEquals(JSON.parse(await run(opened.project, "node", "run.js")), [
    { tracked: false, queued: false },
    { sent: 0, rejected: 0, queued: 0 },
    null,
  ]);
});

Deno.test("the package's types enforce required props, and Vite bundles it with React", async () => {
  const good = `
    import { createAnalytics } from "@sluice/client";
    import { AnalyticsProvider, useAnalytics, useTrackView } from "@sluice/client/react";
    import { createElement } from "react";
    import { createRoot } from "react-dom/client";
    const analytics = createAnalytics({ url: "https://events.example.com" });
    analytics.track("page_viewed");
    analytics.track("payout_completed", { amount_cents: 1, payment_method: "card", more: true });
    function Asset({ id }: { id: string }) {
      const { track, isTracking } = useAnalytics();
      useTrackView("asset_viewed", { kind: "photo" }, { entityType: "asset", entityId: id });
      track("cta_clicked");
      return createElement("p", null, String(isTracking));
    }
    createRoot(document.body).render(
      createElement(AnalyticsProvider, { analytics }, createElement(Asset, { id: "a" })),
    );
  `;
  const bad = `
    import { createAnalytics } from "@sluice/client";
    createAnalytics({ url: "https://events.example.com" }).track("license_signed");
  `;
  const compilerOptions = {
    strict: true,
    module: "esnext",
    moduleResolution: "bundler",
    target: "es2022",
    lib: ["dom", "dom.iterable", "es2022"],
    noEmit: true,
    skipLibCheck: false,
    types: [],
  };
  // React Native has no types of the DOM.
  const native = `
    import { type AsyncStore, createAnalytics, indexedDbStore } from "@sluice/client/native";
    export { AnalyticsProvider, useAnalytics } from "@sluice/client/react";
    const store: AsyncStore = indexedDbStore();
    const analytics = createAnalytics({
      url: "https://events.example.com",
      store,
      fetch: async (url, init) => ({
        status: url === init?.method ? 200 : 500,
        headers: { get: () => null },
        json: async () => ({}),
      }),
    });
    analytics.track("payout_completed", { amount_cents: 1, payment_method: "card" });
    // @ts-expect-error: a store is required
    createAnalytics({ url: "https://events.example.com" });
    // @ts-expect-error: license_id is required
    analytics.track("license_signed");
  `;
  const client = { name: "@sluice/client", files };
  await using opened = await openNpmProject(client, {
    "good.ts": good,
    "native.ts": native,
    "tsconfig.native.json": JSON.stringify({
      compilerOptions: { ...compilerOptions, lib: ["es2022"] },
      files: ["native.ts"],
    }),
    "bad.ts": bad,
    "index.html": '<script type="module" src="./good.ts"></script>',
    "tsconfig.json": JSON.stringify({ compilerOptions, files: ["good.ts"] }),
    "tsconfig.bad.json": JSON.stringify({ compilerOptions, files: ["bad.ts"] }),
  }, {
    "react": "^19",
    "react-dom": "^19",
    "@types/react": "^19",
    "@types/react-dom": "^19",
    "typescript": "^5.9",
    "vite": "^7",
  });
  const { project } = opened;
  await run(project, "npx", "tsc");
  await run(project, "npx", "tsc", "-p", "tsconfig.native.json");
  const refused = await run(project, "npx", "tsc", "-p", "tsconfig.bad.json").catch(String);
  assertStringIncludes(refused, "Expected 2-3 arguments");
  assertStringIncludes(await run(project, "npx", "vite", "build"), "built in");
});
