"use client";

import { createAnalytics } from "@sluice/client";

// Evaluated on the server, too, when a page is rendered there
export const analytics = createAnalytics({
  url: process.env["NEXT_PUBLIC_SLUICE_URL"] ?? "",
  flushIntervalMs: 200,
});
