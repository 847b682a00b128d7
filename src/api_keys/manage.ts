/** Creates, lists and revokes API keys. */

import { getLogger } from "@logtape/logtape";
import type { Scope } from "../events/api_key.ts";
import {
  insertApiKey,
  listApiKeys as readAll,
  type ListedApiKey,
  revokeApiKey as revoke,
} from "../store/api_keys.ts";
import type { Database } from "../store/database.ts";
import { hashKey, makeKey, maskKey, type RandomBytes } from "./format.ts";
import { parseScopes } from "./record.ts";

/** What a key is to be. */
export interface KeyRequest {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly environment: string | null;
  readonly eventsPerSecond: number | null;
}

/** A key that was created. */
export interface CreatedKey {
  readonly id: string;
  /** The key itself: it cannot be shown again. */
  readonly key: string;
}

/** What keys are made with. */
export interface KeyMaker {
  readonly database: Pick<Database, "run">;
  /** Returns a UUID. */
  readonly newId: () => string;
  readonly randomBytes: RandomBytes;
}

const logger = getLogger(["sluice", "api_keys"]);

/** Creates a key. */
export async function createApiKey(
  { database, newId, randomBytes }: KeyMaker,
  { name, scopes, environment, eventsPerSecond }: KeyRequest,
): Promise<CreatedKey> {
  const key = makeKey(randomBytes);
  const id = newId();
  const row = {
    id,
    name,
    hash: hashKey(key),
    hint: maskKey(key),
    scopes: scopes.join(" "),
    environment,
    eventsPerSecond,
  };
  await database.run((sql) => insertApiKey(sql, row));
  logger.info("The API key {name} ({hint}) was created with {scopes}", {
    name,
    hint: row.hint,
    scopes: row.scopes,
    id,
  });
  return { id, key };
}

/** A key as people see it. */
export interface KeyEntry extends Omit<ListedApiKey, "scopes"> {
  readonly scopes: readonly Scope[];
}

/** Lists all keys, those in use first. */
export async function listApiKeys(database: Pick<Database, "run">): Promise<KeyEntry[]> {
  const rows = await database.run(readAll);
  return rows.map((row) => ({ ...row, scopes: parseScopes(row.scopes) }));
}

/** Revokes a key for good. @returns its name, `null` if there is none that is in use */
export async function revokeApiKey(
  database: Pick<Database, "run">,
  id: string,
): Promise<string | null> {
  const name = await database.run((sql) => revoke(sql, id));
  if (name !== null) logger.info("The API key {name} was revoked", { name, id });
  return name;
}
