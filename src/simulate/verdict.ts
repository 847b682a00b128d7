/** Whether an event was answered as it should have been. */

import type { EventAnswer } from "./answers.ts";
import type { PlannedEvent, PlannedRequest } from "./types.ts";

/**
 * What is wrong with an answer, in a sentence; `null` where nothing is.
 *
 * @param isStored whether an earlier event is known to have been taken
 */
export function mismatch(
  { route }: Pick<PlannedRequest, "route">,
  { expect, body }: PlannedEvent,
  answer: EventAnswer,
  isStored: (id: number) => boolean,
): string | null {
  if (answer.kind === "broken") return `/${route}: ${answer.reason}`;
  if (answer.kind === "turned_away") return null; // allowed to a service at any time
  if (expect.kind === "invalid") {
    const wanted = `an invalid event (${expect.flaw}) by ${route}`;
    if (answer.kind === "tracked") return `${wanted} was taken, not refused with ${expect.status}`;
    const { status } = answer;
    return status === null || status === expect.status
      ? null
      : `${wanted} was refused with ${status}, not ${expect.status}`;
  }
  const name = `${expect.kind} ${String(body["eventType"])} by ${route}`;
  if (answer.kind === "rejected") {
    return `a ${name} was refused with ${answer.status ?? "an error"}: ${answer.message}`;
  }
  if (answer.replayed === null) return null;
  if (expect.kind !== "replay") return answer.replayed ? `a ${name} was marked as a replay` : null;
  // Whether an event without a proper answer was stored cannot be told: then either is right.
  const wrong = !answer.replayed && isStored(expect.of);
  return wrong ? `a ${name} was not marked as a replay` : null;
}
