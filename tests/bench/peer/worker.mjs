/** Moves events from the Redis list to Postgres, up to 100 rows a statement. Runs in Node. */

import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";

const ROWS_PER_INSERT = 100;
const IDLE_MS = 100;

const COLUMNS = [
  "id",
  "occurred_at",
  "event_type",
  "source",
  "entity_type",
  "entity_id",
  "session_id",
  "props",
  "attribution",
  "idempotency_key",
  "ip",
  "user_agent",
];

const redis = new Redis(Number(process.env.REDIS_PORT), "127.0.0.1");
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
const statements = new Map();

for (;;) {
  const queued = await redis.lrange("events", 0, ROWS_PER_INSERT - 1);
  if (queued.length > 0) {
    await client.query(
      insertOf(queued.length),
      queued.flatMap((text) => valuesOf(JSON.parse(text))),
    );
    await redis.ltrim("events", queued.length, -1);
  }
  if (queued.length < ROWS_PER_INSERT) await setTimeout(IDLE_MS);
}

/** The insert of that many rows. */
function insertOf(rows) {
  const known = statements.get(rows);
  if (known !== undefined) return known;
  const tuples = Array.from({ length: rows }, (_, row) => {
    const places = COLUMNS.map((_, column) => `$${row * COLUMNS.length + column + 1}`);
    return `(${places.join(", ")})`;
  });
  const statement = `insert into analytics_events (${COLUMNS.join(", ")})
    values ${tuples.join(", ")} on conflict do nothing`;
  statements.set(rows, statement);
  return statement;
}

/** The values of an event, in the order of the columns. */
function valuesOf(event) {
  return [
    event.id,
    new Date(event.at),
    event.eventType,
    event.source,
    event.entityType ?? null,
    event.entityId ?? null,
    event.sessionId ?? null,
    event.props === undefined ? null : JSON.stringify(event.props),
    event.attribution === undefined ? null : JSON.stringify(event.attribution),
    event.idempotencyKey ?? null,
    event.ip,
    event.userAgent,
  ];
}
