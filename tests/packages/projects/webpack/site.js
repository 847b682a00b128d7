import { createAnalytics } from "@sluice/client";

globalThis.analytics = createAnalytics({ url: "/" });
