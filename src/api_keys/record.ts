/** A key as a process remembers it. */

import { type ApiKey, type Scope, SCOPES } from "../events/api_key.ts";
import type { StoredApiKey } from "../store/api_keys.ts";

/** A key, with the hash that it is found by. */
export interface KeyRecord extends ApiKey {
  readonly hash: string;
  readonly isRevoked: boolean;
}

/** Reads a key from Postgres. What the table can hold, but a key cannot have, counts as absent. */
export function toRecord(row: StoredApiKey): KeyRecord {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    scopes: parseScopes(row.scopes),
    eventsPerSecond: isRate(row.events_per_second) ? row.events_per_second : null,
    isRevoked: row.is_revoked,
  };
}

/** Reads scopes separated by spaces; what is none, such as one of a newer version, allows nothing. */
export function parseScopes(text: string): Scope[] {
  const words = text.split(" ");
  return SCOPES.filter((scope) => words.includes(scope));
}

/** Whether a value of KV is a record, and not damaged. */
export function isRecord(value: unknown): value is KeyRecord {
  if (typeof value !== "object" || value === null) return false;
  const { id, name, hash, scopes, eventsPerSecond, isRevoked } = value as Record<
    keyof KeyRecord,
    unknown
  >;
  return [id, name, hash].every((text) => typeof text === "string") &&
    Array.isArray(scopes) && scopes.every((scope) => SCOPES.includes(scope)) &&
    (eventsPerSecond === null || isRate(eventsPerSecond)) && typeof isRevoked === "boolean";
}

/** Whether it can be a rate limit. */
export function isRate(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}
