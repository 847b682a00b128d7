/** What became of the dead letters that something was done with. */

import { many } from "../format.ts";
import { Icon } from "../parts/icon.tsx";
import type { Outcome } from "./actions.ts";

/** A sum for whoever listens, and each dead letter. */
export function Outcomes(
  { outcomes, onClose }: { readonly outcomes: readonly Outcome[]; readonly onClose: () => void },
) {
  const good = outcomes.filter((outcome) => outcome.good).length;
  const bad = outcomes.length - good;
  const [only] = outcomes;
  return (
    <div class={outcomes.length === 0 ? "idle" : "panel outcomes"}>
      <p role="status">
        {only !== undefined && outcomes.length === 1 && only.message}
        {outcomes.length > 1 &&
          `${many(good, "dead letter")} done${
            bad === 0 ? "" : `, ${many(bad, "dead letter")} not`
          }`}
      </p>
      {outcomes.length > 0 && (
        <>
          <ul>
            {outcomes.map(({ eventId, good, message }) => (
              <li key={eventId} class={good ? "well" : "bad"}>
                <Icon name={good ? "well" : "bad"} />
                <code>{eventId}</code> {outcomes.length > 1 && message}
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
