/** What happens now. */

import type { Overview } from "../../admin/schema.ts";
import { count, duration, many } from "../format.ts";
import { Icon } from "../parts/icon.tsx";
import type { Watch } from "../use_overview.ts";
import { Counters, ReconciliationAlert } from "./reconciliation.tsx";
import { ForceFlush } from "./force_flush.tsx";
import { type Part, PARTS } from "./health.ts";
import { Facts, RateTile, Tile } from "./tiles.tsx";

/** Tiles, health and reconciliation. */
export function NowView({ watch }: { readonly watch: Watch }) {
  const { value, readings } = watch;
  if (value === null) return <p class="empty">Asking Sluice…</p>;
  const { buffer, flush, enrichment, deadLetters, reconciliation, balance, health } = value;
  return (
    <>
      <ReconciliationAlert reconciliation={reconciliation} />
      <section aria-labelledby="rates">
        <h2 id="rates">Events a second</h2>
        <div class="tiles">
          <RateTile name="Accepted" flow="accepted" readings={readings} />
          <RateTile name="Duplicates" flow="duplicates" readings={readings} />
          <RateTile name="Rejected" flow="rejected" readings={readings} />
          <RateTile name="Written" flow="stored" readings={readings} />
        </div>
      </section>
      <section aria-labelledby="pipeline">
        <h2 id="pipeline">On the way</h2>
        <div class="tiles">
          <Tile
            name="Buffer"
            figure={count(buffer.events)}
            unit={buffer.events === 1 ? "event" : "events"}
          >
            <Facts
              facts={{
                Oldest: buffer.oldestSeconds === null
                  ? "none waits"
                  : duration(buffer.oldestSeconds * 1_000),
                State: buffer.isProcessing ? "processing" : "ready",
              }}
            />
            <ForceFlush onDone={watch.again} />
          </Tile>
          <Tile name="Flush time, last hour" figure={duration(flush.p50Ms)} unit="p50">
            <Facts facts={{ "p99": duration(flush.p99Ms) }} />
          </Tile>
          <Tile name="Enrichment lag" {...lagOf(enrichment)}>
            <Facts facts={{ State: enrichment.enabled ? "on" : "off" }} />
          </Tile>
          <Tile name="Dead letters" figure={count(deadLetters)} unit="waiting">
            <p class="note">
              {deadLetters === null
                ? "Postgres keeps them, and does not answer."
                : deadLetters === 0
                ? "Postgres refused no event."
                : <a href="#/dead">See {many(deadLetters, "event")} that Postgres refused</a>}
            </p>
          </Tile>
        </div>
      </section>
      <div class="columns">
        <section aria-labelledby="health">
          <h2 id="health">Health</h2>
          <ul class="parts">
            {(Object.keys(PARTS) as Part[]).map((part) => (
              <PartLine key={part} part={part} why={health[part]} />
            ))}
          </ul>
        </section>
        <Counters balance={balance} reconciliation={reconciliation} />
      </div>
    </>
  );
}

function lagOf({ lagSeconds }: Overview["enrichment"]): { figure: string; unit: string } {
  return lagSeconds === null
    ? { figure: "0 s", unit: "none waits" }
    : { figure: duration(lagSeconds * 1_000), unit: "" };
}

function PartLine({ part, why }: { readonly part: Part; readonly why: string | null }) {
  return (
    <li class={why === null ? "well" : "bad"}>
      <Icon name={why === null ? "well" : "bad"} />
      <b>{PARTS[part]}</b>
      <span>{why === null ? "is well" : why}</span>
    </li>
  );
}
