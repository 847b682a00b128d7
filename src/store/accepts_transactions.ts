/** Finds out whether a pooler lets transactions begin. */

import type { Database } from "./database.ts";
import { isConnectionLost } from "./failure.ts";

/**
 * Whether a transaction can be begun. A pooler in statement mode closes the connection for it, and the
 * driver loses the reason.
 */
export async function acceptsTransactions(database: Database): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await database.run((sql) => sql.begin((tx) => tx`select 1`));
      return true;
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      // The connection may have been lost by accident: to a server that is restarted, for example.
      await database.run((sql) => sql`select 1`);
    }
  }
  return false;
}
