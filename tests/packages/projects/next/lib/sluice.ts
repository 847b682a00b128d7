import { createSluice, type Sluice } from "@sluice/server";

// Kept while the development server reloads this module
const shared = globalThis as { sluice?: Sluice };

export function sluice(): Sluice {
  return shared.sluice ??= createSluice({
    url: process.env["SLUICE_URL"] ?? "",
    ...(process.env["SLUICE_KEY"] ? { apiKey: process.env["SLUICE_KEY"] } : {}),
  });
}
