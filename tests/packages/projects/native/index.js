import "./globals";
import { createElement } from "react";
import { create } from "react-test-renderer";
import { createAnalytics as createForPages } from "@sluice/client";
import { start } from "./analytics";
import { App } from "./screen";

globalThis.app = {
  start,
  /** Resolves when the screen is shown. */
  render: (analytics) =>
    new Promise((onShown) => create(createElement(App, { analytics, onShown }))),
  /** What somebody does who has not read about apps. */
  trackAsInAPage(url) {
    const analytics = createForPages({ url });
    analytics.track("page_viewed", { from: "nowhere" });
    analytics.track("page_viewed", { from: "nowhere" });
  },
};
