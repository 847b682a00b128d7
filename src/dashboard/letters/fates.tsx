/** What became of the letters that something was done with. */

import { many } from "../format.ts";
import { Icon } from "../parts/icon.tsx";
import type { Fate } from "./actions.ts";

/** A sum for whoever listens, and each letter. */
export function Fates(
  { fates, onClose }: { readonly fates: readonly Fate[]; readonly onClose: () => void },
) {
  const good = fates.filter((fate) => fate.good).length;
  const bad = fates.length - good;
  const [only] = fates;
  return (
    <div class={fates.length === 0 ? "idle" : "panel fates"}>
      <p role="status">
        {only !== undefined && fates.length === 1 && only.message}
        {fates.length > 1 &&
          `${many(good, "letter")} done${bad === 0 ? "" : `, ${many(bad, "letter")} not`}`}
      </p>
      {fates.length > 0 && (
        <>
          <ul>
            {fates.map(({ eventId, good, message }) => (
              <li key={eventId} class={good ? "well" : "bad"}>
                <Icon name={good ? "well" : "bad"} />
                <code>{eventId}</code> {fates.length > 1 && message}
              </li>
            ))}
          </ul>
          <button type="button" class="quiet square" onClick={onClose}>
            <Icon name="close" />
            <span class="unseen">Dismiss</span>
          </button>
        </>
      )}
    </div>
  );
}
