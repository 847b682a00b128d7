import { AnalyticsProvider } from "@sluice/client/react";
import type { ReactNode } from "react";
import { PageViews } from "./page_views";

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <link rel="icon" href="data:," />
      </head>
      <body>
        <AnalyticsProvider url={process.env["NEXT_PUBLIC_SLUICE_URL"] ?? ""} flushIntervalMs={200}>
          {children}
        </AnalyticsProvider>
        <PageViews />
      </body>
    </html>
  );
}
