/**
 * Limit of `drain`: the flush's own insert statement in a loop over rows already in memory, in batches of
 * the flush's maximum size. No KV.
 */

import { readRowJson } from "../../../src/events/line.ts";
import { MAX_ROWS_PER_INSERT } from "../../../src/flush/batch.ts";
import { Database } from "../../../src/store/database.ts";
import { insertNewEvents } from "../../../src/store/insert_events.ts";
import { segmentLines } from "../buffer.ts";
import type { Keys } from "../load/keys.ts";
import { serveRequests } from "../subprocess.ts";

/** How many rows to insert into which database, and which keys they have. */
export interface BareInsertRequest {
  readonly url: string;
  readonly rows: number;
  readonly keys: Keys;
}

async function run({ url, rows, keys }: BareInsertRequest): Promise<number> {
  await using database = new Database({ url, maxConnections: 1 });
  const batches: string[][] = [];
  for (let first = 0; first < rows; first += MAX_ROWS_PER_INSERT) {
    const lines = segmentLines(first, Math.min(MAX_ROWS_PER_INSERT, rows - first), keys);
    batches.push(lines.map(readRowJson));
  }
  await database.run((sql) => sql`select 1`);
  const startedAt = performance.now();
  let stored = 0;
  for (const batch of batches) {
    stored += (await database.run((sql) => insertNewEvents(sql, batch))).stored;
  }
  const elapsedMs = performance.now() - startedAt;
  if (stored !== rows) throw new Error(`${stored} rows were stored instead of ${rows}`);
  return rows / elapsedMs * 1000;
}

if (import.meta.main) await serveRequests<BareInsertRequest, number>(run);
