/** Creates an API key, and shows it once. */

import { useState } from "preact/hooks";
import type { NewApiKeyInput } from "../../admin/schema/api_keys.ts";
import { api, toFailure } from "../api.ts";
import { Dialog } from "../parts/dialog.tsx";
import { NewKey } from "./new_key.tsx";

/** Props of `CreateDialog`. */
export interface CreateDialogProps {
  /** Called once the key exists. */
  readonly onCreated: () => void;
  readonly onClose: () => void;
}

type Scope = NewApiKeyInput["scopes"][number];

const SCOPES: Readonly<Record<Scope, string>> = {
  ingest: "Track events",
  "ingest:as": "Track events on behalf of others",
  import: "Track events older than 30 days",
  read: "Read events, statistics and the state of the service",
  admin: "Everything that admins may do",
};

/** A form, then the key. */
export function CreateDialog({ onCreated, onClose }: CreateDialogProps) {
  const [key, setKey] = useState<string | null>(null);
  const [scopes, setScopes] = useState<readonly Scope[]>(["ingest"]);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function create(form: HTMLFormElement): Promise<void> {
    if (isBusy) return;
    const fields = new FormData(form);
    const text = (name: string) => String(fields.get(name) ?? "").trim();
    const rate = text("rate");
    // JSON has no NaN: the service would take it for no limit.
    if (Number.isNaN(Number(rate))) {
      return setError(`Events per second must be a number above 0, got ${JSON.stringify(rate)}`);
    }
    setBusy(true);
    try {
      const created = await api.admin.apiKeys.create.mutate({
        name: text("name"),
        scopes: [...scopes],
        environment: text("environment") || null,
        eventsPerSecond: rate === "" ? null : Number(rate),
      });
      setKey(created.key);
      onCreated();
    } catch (cause) {
      setError(toFailure(cause).message);
    }
    setBusy(false);
  }

  if (key !== null) {
    return (
      <Dialog title="The new key" onClose={onClose}>
        <NewKey value={key} onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog title="New API key" onClose={onClose}>
      <form
        class="key-form"
        onSubmit={(event) => {
          event.preventDefault();
          create(event.currentTarget);
        }}
      >
        <div class="field">
          <label for="key-name">Name, such as billing</label>
          <input id="key-name" name="name" required maxLength={100} autocomplete="off" autofocus />
        </div>
        <fieldset>
          <legend>Scopes</legend>
          {(Object.keys(SCOPES) as Scope[]).map((scope) => (
            <label key={scope} class="check">
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                onChange={({ currentTarget: { checked } }) =>
                  setScopes(
                    checked ? [...scopes, scope] : scopes.filter((other) => other !== scope),
                  )}
              />
              <span>
                <code>{scope}</code> {SCOPES[scope]}
              </span>
            </label>
          ))}
        </fieldset>
        <div class="field">
          <label for="key-environment">Label, such as production (optional)</label>
          <input id="key-environment" name="environment" maxLength={100} autocomplete="off" />
        </div>
        <div class="field">
          <label for="key-rate">Events per second at most (optional)</label>
          <input id="key-rate" name="rate" inputMode="decimal" autocomplete="off" />
        </div>
        <p class="field-error" role="alert">{error}</p>
        <div class="actions">
          <button type="submit" class="primary" aria-disabled={isBusy}>
            {isBusy ? "Creating…" : "Create key"}
          </button>
          <button type="button" onClick={onClose}>Cancel</button>
        </div>
      </form>
    </Dialog>
  );
}
