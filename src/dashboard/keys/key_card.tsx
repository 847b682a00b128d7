/** One API key in the list. */

import { when } from "../format.ts";
import type { ApiKeyEntry } from "./entry.ts";

/** Props of `KeyCard`. */
export interface KeyCardProps {
  readonly apiKey: ApiKeyEntry;
  readonly onRevoke: () => void;
}

/** Name, scopes, use, and the button that revokes it. */
export function KeyCard({ apiKey, onRevoke }: KeyCardProps) {
  const { id, name, hint, scopes, environment, eventsPerSecond, isRevoked } = apiKey;
  return (
    <li class={`panel api-key ${isRevoked ? "revoked" : ""}`}>
      <div class="card-head">
        <h2>{name}</h2>
        {environment !== null && <span class="tag">{environment}</span>}
        {isRevoked && <span class="tag failed">Revoked</span>}
        <p class="note">
          <Uses apiKey={apiKey} />
        </p>
      </div>
      <p class="ids">
        <code>{hint}</code>
      </p>
      <p class="note">
        {scopes.length === 0 ? "No scopes" : `Scopes: ${scopes.join(", ")}`}
        {eventsPerSecond !== null && `; at most ${eventsPerSecond} events/s`}. Its events have the
        actor <code>{id}</code>.
      </p>
      {!isRevoked && (
        <div class="actions">
          <button type="button" class="danger" onClick={onRevoke}>
            Revoke…<span class="visually-hidden">{name}</span>
          </button>
        </div>
      )}
    </li>
  );
}

function Uses({ apiKey: { isRevoked, createdAt, lastUsedAt, revokedAt } }: {
  readonly apiKey: ApiKeyEntry;
}) {
  return (
    <>
      Created <Time at={createdAt} />, {lastUsedAt === null ? "never used" : (
        <>
          last used <Time at={lastUsedAt} />
        </>
      )}
      {isRevoked && (
        <>
          , revoked <Time at={revokedAt} />
        </>
      )}
    </>
  );
}

function Time({ at }: { readonly at: string | null }) {
  return at === null ? <>at an unknown time</> : <time datetime={at}>{when(at)}</time>;
}
