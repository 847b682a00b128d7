/** What a page says in the console, which should be nothing. */

import type { BrowserContext } from "../../support/browser.ts";

/** Collects warnings and errors of all pages of a context, uncaught ones and failed requests too. */
export function collectComplaints(context: BrowserContext): readonly string[] {
  const complaints: string[] = [];
  context.on("weberror", (error) => complaints.push(`uncaught: ${error.error()}`));
  context.on("console", (message) => {
    const type = message.type();
    if (type === "warning" || type === "error") complaints.push(`${type}: ${message.text()}`);
  });
  return complaints;
}
