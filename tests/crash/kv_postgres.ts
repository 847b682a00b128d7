/** Which tests have their KV in a PostgreSQL of its own, and when. */

import { serverPrograms } from "../support/cluster.ts";

/** For the names of tests. */
export const ON_KV_POSTGRES = " on a KV in PostgreSQL (needs its server programs)";

/** They start a server of their own, so they are not repeated on that of `TEST_DATABASE_URL`. */
export const SKIP_KV_POSTGRES: boolean = serverPrograms() === null ||
  Deno.env.has("TEST_DATABASE_URL");

/** Most of what these find, others find on another KV: they run where `SLUICE_KILLS` is set. */
export const SKIP_LONG_KV_POSTGRES: boolean = serverPrograms() === null ||
  !Deno.env.has("SLUICE_KILLS");
