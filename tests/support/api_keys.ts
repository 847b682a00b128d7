/** API keys for tests. */

import { createApiKey, type CreatedKey, type KeyRequest } from "../../src/api_keys/manage.ts";
import type { Database } from "../../src/store/database.ts";
import { newId } from "./ids.ts";

/** Real randomness. */
export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Creates a key: for `ingest` unless it is told otherwise. */
export function createKey(
  database: Database,
  request: Partial<KeyRequest> = {},
): Promise<CreatedKey> {
  return createApiKey({ database, newId, randomBytes }, {
    name: "test",
    scopes: ["ingest"],
    environment: null,
    eventsPerSecond: null,
    ...request,
  });
}
