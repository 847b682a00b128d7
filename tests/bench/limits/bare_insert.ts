/**
 * Limit of `drain`: a bare loop of the flush's own insert statement over rows that are in memory already,
 * as many a statement as the flush takes at the most. No KV.
 */

import { rowOf } from "../../../src/events/line.ts";
import { MAX_BATCH_EVENTS } from "../../../src/flush/batch.ts";
import { Database } from "../../../src/store/database.ts";
import { insertEvents } from "../../../src/store/insert_events.ts";
import { linesOf } from "../buffer.ts";
import { answerQuestions } from "../peer.ts";

/** How many rows to insert, and where. */
export interface BareInsertQuestion {
  readonly url: string;
  readonly rows: number;
}

async function run({ url, rows }: BareInsertQuestion): Promise<number> {
  await using database = new Database({ url, maxConnections: 1 });
  const batches: string[][] = [];
  for (let first = 0; first < rows; first += MAX_BATCH_EVENTS) {
    batches.push(linesOf(first, Math.min(MAX_BATCH_EVENTS, rows - first)).map(rowOf));
  }
  await database.run((sql) => sql`select 1`);
  const startedAt = performance.now();
  let stored = 0;
  for (const batch of batches) {
    stored += (await database.run((sql) => insertEvents(sql, batch))).stored;
  }
  const elapsedMs = performance.now() - startedAt;
  if (stored !== rows) throw new Error(`${stored} rows were stored, not ${rows}`);
  return rows / elapsedMs * 1000;
}

if (import.meta.main) await answerQuestions<BareInsertQuestion, number>(run);
