/** The reconciliation: a red line where they do not balance, and the counters. */

import type { Overview } from "../../admin/schema.ts";
import { count } from "../format.ts";
import { Icon } from "../parts/icon.tsx";
import { differencesOf } from "./health.ts";

/** Says what does not balance, by how much, and what to do. */
export function ReconciliationAlert(
  { reconciliation }: { readonly reconciliation: Overview["reconciliation"] },
) {
  const differences = differencesOf(reconciliation);
  if (differences.length === 0) return null;
  return (
    <section class="reconciliation-alert" role="alert" aria-labelledby="reconciliation-alert">
      <h2 id="reconciliation-alert">
        <Icon name="bad" /> The reconciliation do not balance
      </h2>
      <ul>
        {differences.map(({ equation, by, meaning }) => (
          <li key={equation}>
            <code>{equation}</code> is off by <b>{signed(by)}</b>. {meaning}
          </li>
        ))}
      </ul>
      <p>
        Keep the log and the KV as they are, see whether the figure stays or grows, and tell whoever
        runs Postgres and KV: somebody else changed one of them, or Sluice has a mistake.
      </p>
    </section>
  );
}

function signed(n: number): string {
  return n > 0 ? `+${count(n)}` : `−${count(-n)}`;
}

/** What the counters of a table are made of. */
export interface CountersProps {
  readonly balance: Overview["balance"];
  readonly reconciliation: Overview["reconciliation"];
}

/** The counters of all time, as the two equations they stand in. */
export function Counters({ balance, reconciliation }: CountersProps) {
  const even = differencesOf(reconciliation).length === 0;
  return (
    <section aria-labelledby="reconciliation">
      <h2 id="reconciliation">Reconciliation</h2>
      <table class="counters">
        <caption class="unseen">What came in, and what became of it, of all time</caption>
        <tbody>
          <Row name="Received" value={balance.received} sum />
          <Row name="Accepted" value={balance.accepted} />
          <Row name="Duplicates" value={balance.duplicates} />
          <Row name="Rejected" value={balance.rejected} />
        </tbody>
        <tbody>
          <Row name="Accepted" value={balance.accepted} sum />
          <Row name="Stored" value={balance.stored} />
          <Row name="Replays, stored before" value={balance.replays} />
          <Row name="Buffered" value={balance.buffered} />
          <Row name="Dead letters" value={balance.dead_letters} />
        </tbody>
      </table>
      <p class={`note ${even ? "well" : "bad"}`}>
        <Icon name={even ? "well" : "bad"} />
        {even ? "They balance." : "They do not balance."}
        {even && reconciliation.rows === null && " Rows are counted when the buffer is empty."}
        {even && reconciliation.rows === 0 && " Postgres has counted as many rows."}
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
