/** Bun, which the server SDK also runs in. */

import { findProgram } from "../../src/cli/find_program.ts";

/** Why tests in Bun are skipped; for their names. */
export const NEEDS_BUN = "needs Bun";

/** The path of Bun: `BUN`, else on the `PATH`; `null`: there is none. */
export function findBun(): string | null {
  return findProgram("bun", "BUN");
}
