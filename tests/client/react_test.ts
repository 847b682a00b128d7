import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { assertEquals } from "../support/assert.ts";
import { AnalyticsProvider, useAnalytics, useTrackView } from "../../src/client/react.tsx";

// tests/e2e/react_test.ts has the tests in a browser and in strict mode.

function Asset() {
  const { isTracking } = useAnalytics();
  useTrackView("asset_viewed", { id: "a" });
  return createElement("p", null, String(isTracking));
}

Deno.test("server rendering works, and tracks nothing", () => {
  const url = "https://events.example";
  assertEquals(
    renderToString(createElement(AnalyticsProvider, { url }, createElement(Asset))),
    "<p>false</p>",
  );
});

Deno.test("without a provider the hooks do nothing", () => {
  assertEquals(renderToString(createElement(Asset)), "<p>false</p>");
});

Deno.test("props that are not JSON do not break rendering", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  for (const props of [cyclic, { price: 10n }]) {
    const Bad = () => {
      useTrackView("viewed", props);
      return createElement("p", null, "the page");
    };
    const page = createElement(
      AnalyticsProvider,
      { url: "https://events.example" },
      createElement(Bad),
    );
    assertEquals(renderToString(page), "<p>the page</p>");
  }
});
