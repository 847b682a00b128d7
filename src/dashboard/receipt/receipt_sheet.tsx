/** One event's whole life, followed until it is over. */

import { useState } from "preact/hooks";
import type { Receipt } from "../../admin/schema.ts";
import { api } from "../api.ts";
import { duration, exactClock, when, ZONE } from "../format.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Trouble } from "../parts/trouble.tsx";
import { usePoll } from "../use_poll.ts";
import { Columns } from "./columns.tsx";
import { isFinal, lifecycleOf, type Step } from "./lifecycle.ts";

const EVERY_MS = 2_000;

const STATES: Readonly<Record<Receipt["state"], string>> = {
  unknown: "Unknown",
  buffered: "Buffered",
  stored: "Stored",
  enriched: "Enriched",
  dead_lettered: "Dead letter",
};

/** What the sheet is given. */
export interface ReceiptSheetProps {
  /** An event's id, or the idempotency key that it was sent with. */
  readonly id: string;
  readonly onClose: () => void;
}

/** Shows it in a dialog. */
export function ReceiptSheet({ id, onClose }: ReceiptSheetProps) {
  const [isOver, setOver] = useState(false);
  const { value, key, failure, failingSince } = usePoll<Receipt>({
    key: id,
    async ask(signal) {
      const receipt = await find(id, signal);
      setOver(isFinal(receipt));
      return receipt;
    },
    everyMs: isOver ? null : EVERY_MS,
  });
  const receipt = key === id ? value : null;
  return (
    <Dialog title="Receipt" look="sheet" onClose={onClose}>
      <Trouble failure={failure} since={failingSince} />
      {receipt === null ? <p class="empty">Looking…</p> : <Found receipt={receipt} id={id} />}
    </Dialog>
  );
}

async function find(id: string, signal: AbortSignal): Promise<Receipt> {
  const receipt = await api.admin.receipt.query({ eventId: id }, { signal });
  return receipt.state === "unknown"
    ? await api.admin.receipt.query({ idempotencyKey: id }, { signal })
    : receipt;
}

function Found({ receipt, id }: { readonly receipt: Receipt; readonly id: string }) {
  const { state, event, enrichment } = receipt;
  const type = event?.event_type;
  return (
    <>
      <p class="receipt-head">
        <b>{typeof type === "string" ? type : "Event"}</b>
        <span class={`tag ${state}`}>{STATES[state]}</span>
        <code>{receipt.eventId ?? id}</code>
      </p>
      {state === "unknown" && (
        <p class="empty">
          No event has this id or idempotency key. It was never accepted, or its partition has been
          dropped.
        </p>
      )}
      {state !== "unknown" && (
        <>
          <ol class="life">
            {lifecycleOf(receipt).map((step) => <Line key={step.name} step={step} />)}
          </ol>
          <p class="note">Times in {ZONE}.</p>
        </>
      )}
      {state === "dead_lettered" && (
        <p>
          <a href="#/dead">Go to the dead deadLetters</a> to edit, replay or discard it.
        </p>
      )}
      {event !== null && <Columns title="Event" columns={event} />}
      {enrichment !== null && <Columns title="Enrichment" columns={enrichment} />}
    </>
  );
}

function Line({ step: { name, at, state, afterMs, note } }: { readonly step: Step }) {
  return (
    <li class={state}>
      <span class="dot" aria-hidden="true" />
      <b>{name}</b>
      <span class="time">
        {at === null
          ? state === "to_come" ? "to come" : "now"
          : <time datetime={at}>{dated(at)}</time>}
        {afterMs !== null && <small>+{duration(afterMs)}</small>}
      </span>
      {note !== null && <p class="note">{note}</p>}
    </li>
  );
}

function dated(at: string): string {
  const day = when(at);
  return day.includes(" ")
    ? `${day.slice(0, day.lastIndexOf(" "))} ${exactClock(at)}`
    : exactClock(at);
}
