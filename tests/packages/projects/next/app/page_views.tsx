"use client";

import { trackPageViews } from "@sluice/client";
import { useEffect } from "react";
import { analytics } from "@/lib/analytics";

export function PageViews() {
  useEffect(() => trackPageViews(analytics), []);
  return null;
}
