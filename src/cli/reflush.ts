/** `deno task reflush --since 10m`: stores events again that a failover of Postgres lost. */

import { parseArgs } from "node:util";
import { systemClock } from "../clock.ts";
import { createIdGenerator } from "../events/id.ts";
import { MIGRATIONS } from "../service.ts";
import { Database } from "../store/database.ts";
import { createEventSink } from "../store/event_sink.ts";
import { classifyFailure } from "../store/failure.ts";
import { readApplied, readMigrations } from "../store/migrate.ts";
import { correctLostClaims } from "./correct_lost_claims.ts";
import { databaseUrlOrExit } from "./database_url.ts";
import { openExistingKvOrExit } from "./existing_kv.ts";
import { type Restored, restoreEvents } from "./restore_events.ts";
import { restoreDeadLetters } from "./restore_dead_letters.ts";
import { settingsOrExit } from "./settings.ts";
import { printError, printLine, printProgress } from "./terminal.ts";

const USAGE = `Usage: deno task reflush --since DATE|DURATION

Stores events again that Postgres lost, for example in a failover to a replica that was behind. DATE
is a time like 2026-01-01T12:00Z, DURATION a time before now like 90s, 10m or 2h: choose one well
before the failover. The events are read from the KV at KV_PATH, which has them until they are
enriched and for KEEP_FLUSHED_SECONDS after that. Nothing is stored twice, so this may run beside
the service, be interrupted, and be repeated. The service enriches what is stored.

Rows that were deleted on purpose since DATE are stored again as well, unless their idempotency key
was left in idempotency_keys.`;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

const config = settingsOrExit();
const since = sinceOrExit();
const stop = new AbortController();
Deno.addSignalListener("SIGINT", () => stop.abort());

using kv = await openExistingKvOrExit(config.kvPath);
await using database = new Database({ url: await databaseUrlOrExit(config), maxConnections: 2 });
await checkMigrationsOrExit();

const startedAt = systemClock.now();
const restored = await restoreEvents({
  kv,
  database,
  sink: createEventSink(database),
  since,
  onProgress: showProgress,
  stop: stop.signal,
}).catch(exitUnavailable);
const rejected = await restoreDeadLetters({
  kv,
  database,
  newId: createIdGenerator(systemClock),
  since,
  stop: stop.signal,
}).catch(exitUnavailable);
const claims = await correctLostClaims({
  kv,
  database,
  now: systemClock.now,
  idempotencyTtlMs: config.idempotencyTtlSeconds * 1000,
  stop: stop.signal,
}).catch(exitUnavailable);
printProgress(null);
printResult(restored, claims);
Deno.exit(stop.signal.aborted ? 130 : restored.unreadable > 0 ? 1 : 0);

function showProgress({ events, stored }: Restored, at: number): void {
  printProgress(`${events} events, ${stored} restored`, (at - since) / (startedAt - since));
}

function printResult({ events, stored, queued, dead, unreadable }: Restored, claims: number): void {
  printLine(`Read ${events} events flushed since ${new Date(since).toISOString()}.`);
  printLine(`Stored ${stored} that were missing, and queued ${queued} for enrichment.`);
  if (rejected > 0) printLine(`Put ${rejected} rejected events back into the buffer.`);
  if (claims > 0) printLine(`Corrected ${claims} idempotency keys of events that are not rows.`);
  if (dead > 0) printLine(`Postgres rejected ${dead}, which are dead letters now.`);
  if (unreadable > 0) printError(`${unreadable} entries of KV cannot be read.`);
  if (startedAt - since > config.keepFlushedSeconds * 1000) {
    printLine(
      `Events enriched more than ${config.keepFlushedSeconds} s ago (KEEP_FLUSHED_SECONDS) may ` +
        "not be kept any more.",
    );
  }
  if (stop.signal.aborted) printLine("Interrupted: run it again for the rest.");
}

function sinceOrExit(): number {
  try {
    const { values } = parseArgs({
      options: { since: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
    });
    if (values.help) {
      printLine(USAGE);
      Deno.exit(0);
    }
    const time = parseSince(values.since ?? "");
    if (time !== null) return time;
    const got = values.since === undefined ? "nothing" : JSON.stringify(values.since);
    return exitWith(
      `--since must be a date like 2026-01-01T12:00Z or a duration like 10m, got ${got}.\n\n${USAGE}`,
    );
  } catch (error) {
    return exitWith(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

/** Epoch milliseconds, `null` where the text is neither a date nor a duration. */
function parseSince(text: string): number | null {
  const [, count, unit = ""] = /^(\d{1,9})([smh])$/.exec(text) ?? [];
  if (count !== undefined) return systemClock.now() - Number(count) * (UNITS[unit] ?? 0);
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text).getTime() : NaN;
  return Number.isNaN(time) ? null : time;
}

async function checkMigrationsOrExit(): Promise<void> {
  try {
    const migrations = await readMigrations(MIGRATIONS);
    await database.run((sql) => readApplied(sql, migrations));
  } catch (error) {
    exitWith(`Cannot store events: ${classifyFailure(error).message}.`);
  }
}

function exitUnavailable(error: unknown): never {
  printProgress(null);
  return exitWith(
    `Cannot go on: ${
      error instanceof Error ? error.message : error
    }. What is stored stays; run it again.`,
  );
}

function exitWith(message: string): never {
  printError(message);
  Deno.exit(1);
}
