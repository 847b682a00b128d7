/** The reconciliation: an alert when the counters do not add up, and the table of counters. */

import type { Overview } from "../../admin/schema/overview.ts";
import { count } from "../format.ts";
import { Icon } from "../parts/icon.tsx";
import { differencesOf } from "./health.ts";

/** States which equations do not hold, by how much, and what to do. */
export function ReconciliationAlert(
  { reconciliation }: { readonly reconciliation: Overview["reconciliation"] },
) {
  const differences = differencesOf(reconciliation);
  if (differences.length === 0) return null;
  return (
    <section class="reconciliation-alert" role="alert" aria-labelledby="reconciliation-alert">
      <h2 id="reconciliation-alert">
        <Icon name="bad" /> The counters do not reconcile
      </h2>
      <ul>
        {differences.map(({ equation, by, meaning }) => (
          <li key={equation}>
            <code>{equation}</code> is off by <b>{signed(by)}</b>. {meaning}
          </li>
        ))}
      </ul>
      <p>
        Preserve the logs and the KV data, watch whether the difference grows, and inform the
        operators of Postgres and KV: either data was changed from outside, or Sluice has a bug.
      </p>
    </section>
  );
}

function signed(n: number): string {
  return n > 0 ? `+${count(n)}` : `−${count(-n)}`;
}

/** Props of `Counters`. */
export interface CountersProps {
  readonly balance: Overview["balance"];
  readonly reconciliation: Overview["reconciliation"];
}

/** The all-time counters, grouped by the two equations they must satisfy. */
export function Counters({ balance, reconciliation }: CountersProps) {
  const isBalanced = differencesOf(reconciliation).length === 0;
  return (
    <section aria-labelledby="reconciliation">
      <h2 id="reconciliation">Reconciliation</h2>
      <table class="counters">
        <caption class="visually-hidden">All-time event counters</caption>
        <tbody>
          <Row name="Received" value={balance.received} sum />
          <Row name="Accepted" value={balance.accepted} />
          <Row name="Duplicates" value={balance.duplicates} />
          <Row name="Rejected" value={balance.rejected} />
        </tbody>
        <tbody>
          <Row name="Accepted" value={balance.accepted} sum />
          <Row name="Stored" value={balance.stored} />
          <Row name="Replays (already stored)" value={balance.replays} />
          <Row name="Buffered" value={balance.buffered} />
          <Row name="Dead letters" value={balance.dead_letters} />
          {balance.set_aside !== 0 && (
            <Row name="Set aside (unreadable)" value={balance.set_aside} />
          )}
        </tbody>
      </table>
      <p class={`note ${isBalanced ? "good" : "bad"}`}>
        <Icon name={isBalanced ? "good" : "bad"} />
        {isBalanced ? "Balanced." : "Not balanced."}
        {isBalanced && reconciliation.rows === null &&
          " Rows in Postgres are compared every minute, at the end of a flush."}
        {isBalanced && reconciliation.rows === 0 && " The row count in Postgres matches."}
      </p>
    </section>
  );
}

function Row(
  { name, value, sum = false }: {
    readonly name: string;
    readonly value: number;
    readonly sum?: boolean;
  },
) {
  return (
    <tr class={sum ? "sum" : ""}>
      <th scope="row">{name}</th>
      <td>{count(value)}</td>
    </tr>
  );
}
