/** Checks whether the entities that events refer to exist (contract 4.5). */

import { getLogger } from "@logtape/logtape";
import type { Enriched, EntityStatus, EntityTables } from "../events/enrichment.ts";
import type { Database } from "./database.ts";
import { classifyFailure } from "./failure.ts";

/** Returns the status of an event's entity. */
export type StatusOf = (event: Enriched) => EntityStatus;

const logger = getLogger(["sluice", "enrichment"]);

/** Looks up entities, with one query per type and batch. */
export class EntityLookup {
  readonly #database: Database;
  readonly #tables: EntityTables;
  /** Types whose last query failed: the warning is logged once. */
  readonly #failing = new Set<string>();

  constructor(database: Database, tables: EntityTables) {
    this.#database = database;
    this.#tables = tables;
  }

  /** Looks up the entities of a batch. If a query fails, their status is `unchecked`. */
  async lookUp(events: readonly Enriched[]): Promise<StatusOf> {
    const wanted = new Map<string, Set<string>>();
    for (const { row: { entity_type, entity_id } } of events) {
      if (entity_type === null || entity_id === null || !this.#tables.has(entity_type)) continue;
      const ids = wanted.get(entity_type) ?? new Set();
      wanted.set(entity_type, ids.add(entity_id));
    }
    const found = new Map<string, ReadonlySet<string>>();
    for (const [type, ids] of wanted) {
      const existing = await this.#findExisting(type, [...ids]);
      if (existing !== null) found.set(type, existing);
    }
    return ({ row: { entity_type, entity_id } }) => {
      if (entity_id === null) return "none";
      const ids = found.get(entity_type ?? "");
      if (ids === undefined) return "unchecked";
      return ids.has(entity_id) ? "found" : "missing";
    };
  }

  async #findExisting(type: string, ids: string[]): Promise<ReadonlySet<string> | null> {
    const location = this.#tables.get(type);
    if (location === undefined) return null;
    const [schema, table, column] = location;
    try {
      const rows = await this.#database.run((sql) =>
        sql.begin(async (tx) => {
          await tx`set local statement_timeout = '2s'`; // the application's table may be locked
          return await tx<{ id: string }[]>`
            select ${tx(column)}::text as id from ${tx(schema)}.${tx(table)}
            where ${tx(column)} = any(array(
              select json_array_elements_text(${JSON.stringify(ids)}::text::json)
            ))
          `;
        })
      );
      this.#failing.delete(type);
      return new Set(rows.map(({ id }) => id));
    } catch (error) {
      if (!this.#failing.has(type)) {
        const reason = classifyFailure(error).message;
        logger.warn("Cannot check entities of type {type}: {reason}", { type, reason });
      }
      this.#failing.add(type);
      return null;
    }
  }
}
