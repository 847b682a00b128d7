/** Whether and on what the tests of this folder run with KV Connect. */

import { findDenokv, KV_CONNECT } from "../support/denokv.ts";

/** Once is enough for the stand-in: `.ci/run` does not repeat it on a PostgreSQL server. */
export const SKIP_KV_CONNECT: boolean = findDenokv() === null && Deno.env.has("TEST_DATABASE_URL");

/** Ends the names of such tests. */
export const ON_KV_CONNECT: string = ` on ${KV_CONNECT}${
  SKIP_KV_CONNECT ? " (not repeated on TEST_DATABASE_URL)" : ""
}`;
