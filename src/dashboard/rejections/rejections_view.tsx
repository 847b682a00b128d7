/** The "Client errors" view: the rules that clients break, each with an example. */

import type { Rejections } from "../../admin/schema/rejections.ts";
import { api } from "../api.ts";
import { plural, TIME_ZONE, when } from "../format.ts";
import { pretty } from "../parts/json.ts";
import { FailureNotice } from "../parts/failure_notice.tsx";
import { usePoll } from "../use_poll.ts";

const INTERVAL_MS = 5_000;

/** Labels of the outcomes (contract section 2). */
const KINDS: Readonly<Record<string, string>> = {
  invalid: "Schema",
  rule_violated: "Rule",
  too_large: "Too large",
  conflict: "Key conflict",
  limited: "Rate limit",
  overloaded: "Buffer full",
  unavailable: "Not stored",
  failed: "Internal error",
  token_refused: "Token",
  unauthorized: "API key",
  forbidden: "Scope",
};

/** Lists the broken rules, most recent first. */
export function RejectionsView() {
  const { value, failure, failingSince } = usePoll<Rejections>({
    key: "rejections",
    load: (signal) => api.admin.rejections.query(undefined, { signal }),
    intervalMs: INTERVAL_MS,
  });
  const rejections = value?.rejections ?? [];
  return (
    <>
      <p class="note">
        {value === null
          ? "Loading…"
          : `Rules that clients violated in the last ${
            plural(value.hours, "hour")
          }, most recent first. `}
        Times in {TIME_ZONE}.
      </p>
      <FailureNotice failure={failure} since={failingSince} />
      {value !== null && rejections.length === 0 && (
        <p class="empty panel">No client errors in this period.</p>
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
        <b>{plural(events, "event")}</b>
      </div>
      <p class="reason">{message}</p>
      <p class="note">
        Last seen <time datetime={lastAt}>{when(lastAt)}</time>, first seen{" "}
        <time datetime={firstAt}>{when(firstAt)}</time>
      </p>
      <details open={isFirst}>
        <summary>Latest example</summary>
        <pre tabIndex={0}>{pretty(example)}</pre>
      </details>
    </>
  );
}
