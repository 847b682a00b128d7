/** The delivery receipt of one event, polled until its state is final. */

import { useState } from "preact/hooks";
import type { Receipt } from "../../admin/schema/events.ts";
import { api } from "../api.ts";
import { duration, exactClock, TIME_ZONE, when } from "../format.ts";
import { Dialog } from "../parts/dialog.tsx";
import { FailureNotice } from "../parts/failure_notice.tsx";
import { usePoll } from "../use_poll.ts";
import { Columns } from "./columns.tsx";
import { isFinal, type Step, toLifecycle } from "./lifecycle.ts";

const INTERVAL_MS = 2_000;

const STATES: Readonly<Record<Receipt["state"], string>> = {
  unknown: "Unknown",
  buffered: "Buffered",
  stored: "Stored",
  enriched: "Enriched",
  dead_lettered: "Dead letter",
};

/** Props of `ReceiptSheet`. */
export interface ReceiptSheetProps {
  /** An event id or an idempotency key. */
  readonly id: string;
  readonly onClose: () => void;
}

/** Looks the id up as an event id, then as an idempotency key. */
export function ReceiptSheet({ id, onClose }: ReceiptSheetProps) {
  const [isDone, setDone] = useState(false);
  const { value, key, failure, failingSince } = usePoll<Receipt>({
    key: id,
    async load(signal) {
      const receipt = await findReceipt(id, signal);
      setDone(isFinal(receipt));
      return receipt;
    },
    intervalMs: isDone ? null : INTERVAL_MS,
  });
  const receipt = key === id ? value : null;
  return (
    <Dialog title="Receipt" variant="sheet" onClose={onClose}>
      <FailureNotice failure={failure} since={failingSince} />
      {receipt === null
        ? <p class="empty">Loading…</p>
        : <ReceiptDetails receipt={receipt} id={id} />}
    </Dialog>
  );
}

async function findReceipt(id: string, signal: AbortSignal): Promise<Receipt> {
  const receipt = await api.admin.receipt.query({ eventId: id }, { signal });
  return receipt.state === "unknown"
    ? await api.admin.receipt.query({ idempotencyKey: id }, { signal })
    : receipt;
}

function ReceiptDetails({ receipt, id }: { readonly receipt: Receipt; readonly id: string }) {
  const { state, event, enrichment } = receipt;
  const type = event?.event_type;
  return (
    <>
      <p class="receipt-head">
        <b>{typeof type === "string" && type !== "" ? type : "Event"}</b>
        <span class={`tag ${state}`}>{STATES[state]}</span>
        <code>{receipt.eventId ?? id}</code>
      </p>
      {state === "unknown" && (
        <p class="empty">
          No event has this id or idempotency key: it was never accepted, or its partition has been
          dropped.
        </p>
      )}
      {state !== "unknown" && (
        <>
          <ol class="lifecycle">
            {toLifecycle(receipt).map((step) => <LifecycleStep key={step.name} step={step} />)}
          </ol>
          <p class="note">Times in {TIME_ZONE}.</p>
        </>
      )}
      {state === "dead_lettered" && (
        <p>
          Edit, replay or discard it under <a href="#/dead">Dead letters</a>.
        </p>
      )}
      {event !== null && <Columns title="Event" columns={event} />}
      {enrichment !== null && <Columns title="Enrichment" columns={enrichment} />}
    </>
  );
}

function LifecycleStep({ step: { name, at, state, afterMs, note } }: { readonly step: Step }) {
  return (
    <li class={state}>
      <span class="dot" aria-hidden="true" />
      <b>{name}</b>
      <span class="time">
        {at === null
          ? state === "current" ? "now" : "pending"
          : <time datetime={at}>{fullTime(at)}</time>}
        {afterMs !== null && <small>+{duration(afterMs)}</small>}
      </span>
      {note !== null && <p class="note">{note}</p>}
    </li>
  );
}

function fullTime(at: string): string {
  const day = when(at);
  return day.includes(" ")
    ? `${day.slice(0, day.lastIndexOf(" "))} ${exactClock(at)}`
    : exactClock(at);
}
