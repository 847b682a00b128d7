/** Queries of the dashboard about events: the newest ones, and a single one by its id. */

import type { EventRow } from "../events/types.ts";
import type { Sql } from "./database.ts";

/** Filters of `listEvents`; absent ones match every event. */
export interface EventSelection {
  readonly type?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly userId?: string | undefined;
  /** Only ids greater than this. */
  readonly after?: string | undefined;
  /** Only ids less than this. */
  readonly before?: string | undefined;
  readonly limit: number;
}

const COLUMNS = [
  "id",
  "occurred_at",
  "received_at",
  "event_type",
  "known_event_type",
  "source",
  "entity_type",
  "entity_id",
  "session_id",
  "user_id",
] as const;

/** A listed event. Times are dates from Postgres, or ISO 8601 text from JSON. */
export type ListedRow =
  & Omit<Pick<EventRow, typeof COLUMNS[number]>, "occurred_at" | "received_at">
  & { readonly occurred_at: Date | string; readonly received_at: Date | string };

/** Lists stored events, the newest id first, which is the order of every partition's primary key. */
export async function listEvents(sql: Sql, selection: EventSelection): Promise<ListedRow[]> {
  const { type, sessionId, userId, after, before, limit } = selection;
  return await sql<ListedRow[]>`
    select ${sql(COLUMNS)} from events
    where true
      ${after === undefined ? sql`` : sql`and id > ${after}::uuid`}
      ${before === undefined ? sql`` : sql`and id < ${before}::uuid`}
      ${type === undefined ? sql`` : sql`and event_type = ${type}`}
      ${sessionId === undefined ? sql`` : sql`and session_id = ${sessionId}::uuid`}
      ${userId === undefined ? sql`` : sql`and user_id = ${userId}`}
    order by id desc
    limit ${limit}::integer
  `;
}

/** Everything Postgres has about one event; null for the parts it does not have. */
export interface StoredLifecycle {
  readonly event: Record<string, unknown> | null;
  readonly enrichment: Record<string, unknown> | null;
  readonly received_at: Date | null;
  readonly stored_at: Date | null;
  readonly enriched_at: Date | null;
  readonly dead_at: Date | null;
  readonly replayed_at: Date | null;
  readonly reason: string | null;
  /** The columns of a dead letter, as JSON text. */
  readonly payload: string | null;
}

/** Looks up an event among rows and dead letters. */
export async function readLifecycle(sql: Sql, eventId: string): Promise<StoredLifecycle> {
  const [lifecycle] = await sql<[StoredLifecycle]>`
    select
      to_jsonb(e) as event, to_jsonb(n) as enrichment, e.received_at, e.stored_at, n.enriched_at,
      d.dead_at, d.replayed_at, d.reason, d.payload
    from (select ${eventId}::uuid as id) as wanted
    left join events e on e.id = wanted.id
    left join event_enrichments n on n.event_id = e.id and n.occurred_at = e.occurred_at
    left join dead_letters d on d.event_id = wanted.id
    limit 1
  `;
  return lifecycle;
}

/** Returns the id of the event, row or dead letter, that has an idempotency key. */
export async function readKeyOwner(sql: Sql, key: string): Promise<string | null> {
  const [owner] = await sql<{ event_id: string }[]>`
    select event_id from idempotency_keys where idempotency_key = ${key}::uuid
    union all
    select event_id from dead_letters
    where payload like ${`%"idempotency_key":"${key.toLowerCase()}"%`}
    limit 1
  `;
  return owner?.event_id ?? null;
}
