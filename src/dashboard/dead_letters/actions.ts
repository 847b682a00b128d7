/** Replays and discards dead letters. Calls are safe to repeat: ids and keys do not change. */

import type { Replayed, ReplayInput } from "../../admin/schema/dead_letters.ts";
import { api, toFailure } from "../api.ts";

/** The result of an action on one dead letter. */
export interface ActionResult {
  readonly eventId: string;
  readonly good: boolean;
  readonly message: string;
}

/** The service's limit for one call. */
const MAX_DEAD_LETTERS = 100;

const MESSAGES: Readonly<Record<Replayed["results"][number]["result"], string>> = {
  replayed: "Replayed: back in the buffer",
  already_replayed: "Already replayed",
  unknown: "This dead letter no longer exists",
  invalid: "Not replayed",
};

/** Puts dead letters back into the buffer. */
export async function replay(deadLetters: ReplayInput["deadLetters"]): Promise<ActionResult[]> {
  const results: ActionResult[] = [];
  for (const chunk of toChunks(deadLetters)) {
    results.push(
      ...await api.admin.deadLetters.replay.mutate({ deadLetters: chunk }).then(
        (reply) => reply.results.map(toActionResult),
        (error) => chunk.map(({ eventId }) => failed(eventId, error)),
      ),
    );
  }
  return results;
}

/** Deletes dead letters permanently. */
export async function discard(eventIds: readonly string[]): Promise<ActionResult[]> {
  const results: ActionResult[] = [];
  for (const chunk of toChunks(eventIds)) {
    results.push(
      ...await api.admin.deadLetters.discard.mutate({ eventIds: chunk }).then(
        () => chunk.map((eventId) => ({ eventId, good: true, message: "Discarded" })),
        (error) => chunk.map((eventId) => failed(eventId, error)),
      ),
    );
  }
  return results;
}

function toActionResult({ eventId, result, message }: Replayed["results"][number]): ActionResult {
  const text = MESSAGES[result];
  return {
    eventId,
    good: result !== "invalid",
    message: message === null ? text : `${text}: ${message}`,
  };
}

function failed(eventId: string, error: unknown): ActionResult {
  return { eventId, good: false, message: toFailure(error).message };
}

function toChunks<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / MAX_DEAD_LETTERS);
  return Array.from(
    { length: count },
    (_, i) => all.slice(i * MAX_DEAD_LETTERS, (i + 1) * MAX_DEAD_LETTERS),
  );
}
