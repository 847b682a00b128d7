/** The processes that share the buffer, where there are several. */

import type { Overview } from "../../admin/schema/overview.ts";
import { count, duration, NONE, perSecond } from "../format.ts";

/** Lists the processes; nothing for a single one. */
export function Processes({ processes, at }: Pick<Overview, "processes" | "at">) {
  if (processes.length < 2) return null;
  return (
    <section aria-labelledby="processes">
      <h2 id="processes">{count(processes.length)} processes</h2>
      <div class="processes" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" class="number">Accepted</th>
              <th scope="col" class="number">Per second</th>
              <th scope="col" class="number">Last flush</th>
              <th scope="col" class="number">Running for</th>
              <th scope="col">Version</th>
            </tr>
          </thead>
          <tbody>
            {processes.map((process) => (
              <tr key={process.id}>
                <th scope="row">{process.name}</th>
                <td class="number">{count(process.accepted)}</td>
                <td class="number">{perSecond(process.acceptedPerSecond)}</td>
                <td class="number">{toAgo(process.flushedAt, at)}</td>
                <td class="number">{duration(between(process.startedAt, at))}</td>
                <td>{process.version}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function toAgo(time: string | null, at: string): string {
  return time === null ? NONE : `${duration(between(time, at))} ago`;
}

/** Not below zero: clocks of machines may differ. */
function between(start: string, end: string): number {
  return Math.max(0, Date.parse(end) - Date.parse(start));
}
