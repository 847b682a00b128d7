/** The query of the demo page. */

import type { DemoRow } from "../events/demo.ts";
import type { Sql } from "./database.ts";

/** Reads the latest 50 events of a session, newest first. */
export async function readDemoRows(sql: Sql, sessionId: string): Promise<readonly DemoRow[]> {
  return await sql<DemoRow[]>`
    select
      id, event_type, browser, os, device_type, country, channel,
      case when isfinite(received_at) and isfinite(occurred_at)
        then extract(epoch from received_at - occurred_at)::float8 else 0 end as seconds,
      enriched_at is not null as enriched
    from enriched_events
    where session_id = ${sessionId}::uuid
    order by occurred_at desc, id desc
    limit 50
  `;
}
