/** The alert about a KV that was empty although Postgres had rows. */

import { Icon } from "../parts/icon.tsx";

/** States what may have happened, and what to do (contract 11.10). */
export function KvAlert({ id }: { readonly id: string | null }) {
  if (id === null) return null;
  return (
    <section class="reconciliation-alert" role="alert" aria-labelledby="kv-alert">
      <h2 id="kv-alert">
        <Icon name="bad" /> The buffer (KV) was empty when it was first used
      </h2>
      <p>
        Postgres already had rows. If KV was emptied or replaced, or lost its disk, the events in it
        that were not in Postgres yet are missing. New events are not affected.
      </p>
      <ul>
        <li>
          If you did not replace it: stop the service, check <code>KV_PATH</code>,{" "}
          <code>DATA_DIR</code> and the disk, and put the old KV or its backup back.
        </li>
        <li>
          If KV is new on purpose, say so in Postgres:
          <pre tabIndex={0}>
            {`update kv_stores set acknowledged_at = now() where id = '${id}';`}
          </pre>
          This notice disappears within a minute.
        </li>
      </ul>
    </section>
  );
}
