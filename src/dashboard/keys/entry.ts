/** A key in the list. */

import type { ApiKeys } from "../../admin/schema/api_keys.ts";

/** A key as the API lists it. */
export type ApiKeyEntry = ApiKeys["keys"][number];
