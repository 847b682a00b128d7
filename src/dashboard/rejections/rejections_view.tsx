/** The mistakes that clients make, one rule each, so that an integrator's is found in a minute. */

import type { Rejections } from "../../admin/schema.ts";
import { api } from "../api.ts";
import { many, when, ZONE } from "../format.ts";
import { pretty } from "../parts/json.ts";
import { Trouble } from "../parts/trouble.tsx";
import { usePoll } from "../use_poll.ts";

const EVERY_MS = 5_000;

/** Contract section 2, in words. */
const KINDS: Readonly<Record<string, string>> = {
  invalid: "Schema",
  refused: "Rule",
  too_large: "Too large",
  conflict: "Key conflict",
  limited: "Rate limit",
  overloaded: "Buffer full",
  unavailable: "Not stored",
  failed: "Unforeseen",
};

/** Lists the rules that were broken, the last broken first. */
export function RejectionsView() {
  const { value, failure, failingSince } = usePoll<Rejections>({
    key: "rejections",
    ask: (signal) => api.admin.rejections.query(undefined, { signal }),
    everyMs: EVERY_MS,
  });
  const rejections = value?.rejections ?? [];
  return (
    <>
      <p class="note">
        {value === null
          ? "Asking Sluice…"
          : `Rules broken in the last ${many(value.hours, "hour")}, the last one first. `}
        Times in {ZONE}.
      </p>
      <Trouble failure={failure} since={failingSince} />
      {value !== null && rejections.length === 0 && (
        <p class="empty panel">No client broke a rule in this time.</p>
      )}
      <ul class="cards">
        {rejections.map((rejection, i) => (
          <li key={`${rejection.kind} ${rejection.rule}`} class="panel">
            <Rejection rejection={rejection} isFirst={i === 0} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Rejection(
  { rejection, isFirst }: {
    readonly rejection: Rejections["rejections"][number];
    readonly isFirst: boolean;
  },
) {
  const { kind, rule, message, events, firstAt, lastAt, example } = rejection;
  return (
    <>
      <div class="card-head">
        <span class={`tag ${kind}`}>{KINDS[kind] ?? kind}</span>
        <h2>{rule}</h2>
        <b class="amount">{many(events, "event")}</b>
      </div>
      <p class="told">{message}</p>
      <p class="note">
        Last <time datetime={lastAt}>{when(lastAt)}</time>, first{" "}
        <time datetime={firstAt}>{when(firstAt)}</time>
      </p>
      <details open={isFirst}>
        <summary>The last event that broke it</summary>
        <pre tabIndex={0}>{pretty(example)}</pre>
      </details>
    </>
  );
}
