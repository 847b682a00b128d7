/** Results of the last action on dead letters. */

import { count, plural } from "../format.ts";
import { Icon } from "../parts/icon.tsx";
import type { ActionResult } from "./actions.ts";

/** A summary, announced to screen readers, then one line per dead letter. */
export function ActionResults(
  { results, onClose }: { readonly results: readonly ActionResult[]; readonly onClose: () => void },
) {
  const failed = results.filter(({ good }) => !good).length;
  const [only] = results;
  return (
    <div class={results.length === 0 ? "idle" : "panel action-results"}>
      <p role="status">
        {only !== undefined && results.length === 1 && only.message}
        {results.length > 1 &&
          `${results.length - failed} of ${plural(results.length, "dead letter")} processed${
            failed === 0 ? "" : `, ${count(failed)} failed`
          }`}
      </p>
      {results.length > 0 && (
        <>
          <ul>
            {results.map(({ eventId, good, message }) => (
              <li key={eventId} class={good ? "good" : "bad"}>
                <Icon name={good ? "good" : "bad"} />
                <code>{eventId}</code> {results.length > 1 && message}
              </li>
            ))}
          </ul>
          <button type="button" class="quiet square" onClick={onClose}>
            <Icon name="close" />
            <span class="visually-hidden">Dismiss</span>
          </button>
        </>
      )}
    </div>
  );
}
