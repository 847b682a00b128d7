/** The "Now" view: throughput, events in flight, health, reconciliation. */

import type { Overview } from "../../admin/schema/overview.ts";
import { count, duration, NONE, plural } from "../format.ts";
import { Icon } from "../parts/icon.tsx";
import type { LiveOverview } from "../use_overview.ts";
import { Counters, ReconciliationAlert } from "./reconciliation.tsx";
import { ForceFlush } from "./force_flush.tsx";
import { KvAlert } from "./kv_alert.tsx";
import { type Part, PARTS } from "./health.ts";
import { Processes } from "./processes.tsx";
import { Facts, RateTile, Tile } from "./tiles.tsx";

/** Shows the latest overview. */
export function NowView({ overview }: { readonly overview: LiveOverview }) {
  const { value, readings } = overview;
  if (value === null) return <p class="empty">Loading…</p>;
  const { buffer, flush, enrichment, deadLetters, reconciliation, balance, health } = value;
  return (
    <>
      <ReconciliationAlert reconciliation={reconciliation} />
      <KvAlert id={value.suspectKv} />
      <section aria-labelledby="rates">
        <h2 id="rates">Events per second</h2>
        <div class="tiles">
          <RateTile name="Accepted" flow="accepted" readings={readings} />
          <RateTile name="Duplicates" flow="duplicates" readings={readings} />
          <RateTile name="Rejected" flow="rejected" readings={readings} />
          <RateTile name="Stored" flow="stored" readings={readings} />
        </div>
      </section>
      <section aria-labelledby="pipeline">
        <h2 id="pipeline">In flight</h2>
        <div class="tiles">
          <Tile
            name="Buffer"
            figure={count(buffer.events)}
            unit={buffer.events === 1 ? "event" : "events"}
          >
            <Facts
              facts={{
                Oldest: buffer.oldestSeconds === null
                  ? NONE
                  : duration(buffer.oldestSeconds * 1_000),
                State: bufferState(buffer),
              }}
            />
            <ForceFlush onDone={overview.refresh} />
          </Tile>
          <Tile name="Flush duration, last hour" figure={duration(flush.p50Ms)} unit="p50">
            <Facts facts={{ p99: duration(flush.p99Ms) }} />
          </Tile>
          <Tile name="Enrichment lag" {...toLag(enrichment)}>
            <Facts facts={{ Enrichment: enrichment.enabled ? "On" : "Off" }} />
          </Tile>
          <Tile name="Dead letters" figure={count(deadLetters)} unit="waiting">
            <p class="note">
              {deadLetters === null
                ? "Unknown while Postgres is not responding."
                : deadLetters === 0
                ? "Postgres has rejected no events."
                : <a href="#/dead">Review {plural(deadLetters, "event")} rejected by Postgres</a>}
            </p>
          </Tile>
        </div>
      </section>
      <div class="columns">
        <section aria-labelledby="health">
          <h2 id="health">Health</h2>
          <ul class="health-list">
            {(Object.keys(PARTS) as Part[]).map((part) => (
              <HealthItem key={part} part={part} why={health[part]} />
            ))}
          </ul>
        </section>
        <Counters balance={balance} reconciliation={reconciliation} />
      </div>
      <Processes processes={value.processes} at={value.at} />
    </>
  );
}

function bufferState({ events, isProcessing }: Overview["buffer"]): string {
  if (isProcessing) return "Flushing";
  return events === 0 ? "Empty" : "Waiting to flush";
}

function toLag({ lagSeconds }: Overview["enrichment"]): { figure: string; unit: string } {
  return lagSeconds === null
    ? { figure: "0 s", unit: "caught up" }
    : { figure: duration(lagSeconds * 1_000), unit: "" };
}

function HealthItem({ part, why }: { readonly part: Part; readonly why: string | null }) {
  return (
    <li class={why === null ? "good" : "bad"}>
      <Icon name={why === null ? "good" : "bad"} />
      <b>{PARTS[part]}</b>
      <span>{why === null ? "Healthy" : why}</span>
    </li>
  );
}
