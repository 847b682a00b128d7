/** The "API keys" view: creates keys, lists and revokes them. */

import { useState } from "preact/hooks";
import type { ApiKeys } from "../../admin/schema/api_keys.ts";
import { api, type Failure, toFailure } from "../api.ts";
import { TIME_ZONE } from "../format.ts";
import { FailureNotice } from "../parts/failure_notice.tsx";
import { usePoll } from "../use_poll.ts";
import { CreateDialog } from "./create_dialog.tsx";
import type { ApiKeyEntry } from "./entry.ts";
import { KeyCard } from "./key_card.tsx";
import { RevokeDialog } from "./revoke_dialog.tsx";

const INTERVAL_MS = 10_000;

/** The list, those in use first, and the dialogs. */
export function KeysView() {
  const { value, failure, failingSince, refresh } = usePoll<ApiKeys>({
    key: "keys",
    load: (signal) => api.admin.apiKeys.list.query(undefined, { signal }),
    intervalMs: INTERVAL_MS,
  });
  const [isCreating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKeyEntry | null>(null);
  const [notRevoked, setNotRevoked] = useState<Failure | null>(null);

  async function revoke(id: string): Promise<void> {
    setRevoking(null);
    setNotRevoked(
      await api.admin.apiKeys.revoke.mutate({ id }).then(() => null, toFailure),
    );
    refresh();
  }

  return (
    <>
      <div class="toolbar">
        <p class="note">
          {value === null
            ? "Loading… "
            : "Servers send events and read statistics with these keys. "}
          Times in {TIME_ZONE}.
        </p>
        <button type="button" class="primary" onClick={() => setCreating(true)}>New key…</button>
      </div>
      <FailureNotice failure={failure} since={failingSince} />
      <FailureNotice failure={notRevoked} since={null} />
      {value?.keys.length === 0 && <p class="empty panel">No API keys yet.</p>}
      <ul class="cards">
        {value?.keys.map((key) => (
          <KeyCard
            key={key.id}
            apiKey={key}
            onRevoke={() => setRevoking(key)}
          />
        ))}
      </ul>
      {isCreating && <CreateDialog onCreated={refresh} onClose={() => setCreating(false)} />}
      {revoking !== null && (
        <RevokeDialog
          apiKey={revoking}
          onConfirm={() => revoke(revoking.id)}
          onClose={() => setRevoking(null)}
        />
      )}
    </>
  );
}
