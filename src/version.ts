/** The version, which `deno.json` holds. */

import project from "../deno.json" with { type: "json" };

/** The version of the service, as `/livez`, the log and metrics show it. */
export const VERSION: string = project.version;
