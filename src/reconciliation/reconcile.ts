/**
 * The reconciliation: what came in is what became of it, and what was accepted is where it went.
 *
 *     received = accepted + duplicates + rejected
 *     accepted = stored + replays + buffered + dead_letters
 *     stored   = rows in Postgres since the reconciliation were opened
 *
 * The counters are kept in KV by the very commits that move events. Rows are counted by Postgres, in
 * the statement that inserts them, and so by somebody else.
 */

import { getLogger } from "@logtape/logtape";
import { addToCounter, type Balance, readBalance } from "../kv/counter.ts";
import { RECONCILIATION } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";

/** What the reconciliation are made of. */
export interface ReconcileOptions {
  readonly kv: Kv;
  /** Rows that Postgres has counted; rejects while it is away. */
  readonly countRows: () => Promise<number>;
  /** Whether somebody flushes now. */
  readonly isFlushing: () => Promise<boolean>;
}

/** What does not balance: 0 where all is well, `null` where it cannot be told now. */
export type Differences = {
  /** received − accepted − duplicates − rejected */
  readonly received: number;
  /** accepted − stored − replays − buffered − dead_letters */
  readonly accepted: number;
  /** stored − rows: above 0 rows are missing, below there are too many. */
  readonly rows: number | null;
};

/** The reconciliation at one moment. */
export interface Reconciliation {
  readonly balance: Balance;
  readonly differences: Differences;
}

/** How the reconciliation were opened. */
interface Opening {
  /** Rows that were there before, and are not ours. */
  readonly rows: number;
}

const logger = getLogger(["sluice", "reconciliation"]);

/** Makes the function that checks the reconciliation, opening them the first time. */
export function createReconcile(options: ReconcileOptions): () => Promise<Reconciliation> {
  const { kv } = options;
  return async function reconcile() {
    const before = await readBalance(kv);
    const quiet = before.buffered === 0 && !await options.isFlushing();
    const rows = quiet ? await options.countRows().catch(() => null) : null;
    const opening = await kv.get<Opening>(RECONCILIATION);
    const balance = await readBalance(kv);
    const unmoved = rows !== null && balance.stored === before.stored && balance.buffered === 0;
    if (opening.value === null) {
      if (unmoved) await open(kv, balance, rows);
      return { balance, differences: { received: 0, accepted: 0, rows: null } };
    }
    const differences: Differences = {
      received: balance.received - balance.accepted - balance.duplicates - balance.rejected,
      accepted: balance.accepted - balance.stored - balance.replays - balance.buffered -
        balance.dead_letters,
      rows: unmoved ? balance.stored - (rows - opening.value.rows) : null,
    };
    const wrong = Object.entries(differences).filter(([, difference]) => difference);
    if (wrong.length > 0) {
      logger.error("The reconciliation do not balance: {differences}", { differences, balance });
    }
    return { balance, differences };
  };
}

/** Opens the reconciliation at a quiet moment: what was buffered before there were reconciliation counts as balanced. */
async function open(kv: Kv, balance: Balance, rows: number): Promise<void> {
  const { accepted, stored, replays, dead_letters } = balance;
  const operation = kv.atomic().check({ key: RECONCILIATION, versionstamp: null });
  addToCounter(operation, "accepted", stored + replays + dead_letters - accepted);
  operation.set(RECONCILIATION, { rows: rows - stored } satisfies Opening);
  await operation.commit();
}
