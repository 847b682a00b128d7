/** Lists, creates and revokes API keys. */

import { createApiKey, type KeyMaker, listApiKeys, revokeApiKey } from "../api_keys/manage.ts";
import { isRate } from "../api_keys/record.ts";
import { toIsoTime } from "./iso_time.ts";
import type { ApiKeyActions } from "./port.ts";

/** Options of `createApiKeyActions`. */
export interface ApiKeyOptions extends KeyMaker {
  /** Called when a key was created or revoked, so that this process knows at once. */
  readonly onKeysChanged: () => void;
}

/** Creates the actions. */
export function createApiKeyActions(options: ApiKeyOptions): ApiKeyActions {
  const { database, onKeysChanged } = options;
  return {
    async list() {
      const keys = await listApiKeys(database);
      return {
        keys: keys.map((key) => ({
          id: key.id,
          name: key.name,
          hint: key.hint,
          scopes: [...key.scopes],
          environment: key.environment,
          eventsPerSecond: isRate(key.events_per_second) ? key.events_per_second : null,
          isRevoked: key.is_revoked,
          createdAt: toIsoTime(key.created_at),
          lastUsedAt: toIsoTime(key.last_used_at),
          revokedAt: toIsoTime(key.revoked_at),
        })),
      };
    },
    async create(input) {
      const created = await createApiKey(options, input);
      onKeysChanged();
      return created;
    },
    async revoke(id) {
      const name = await revokeApiKey(database, id);
      onKeysChanged();
      return name !== null;
    },
  };
}
