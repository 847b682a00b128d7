/** What can be done with dead letters. Each call is safe to repeat: ids and keys stay. */

import type { Replayed, ReplayInput } from "../../admin/schema.ts";
import { api, failureOf } from "../api.ts";

/** What became of a dead letter. */
export interface Outcome {
  readonly eventId: string;
  readonly good: boolean;
  readonly message: string;
}

/** Dead letters of one call, as many as the service takes. */
const MAX_DEAD_LETTERS = 100;

const WORDS: Readonly<Record<Replayed["results"][number]["result"], string>> = {
  replayed: "Replayed: it is in the buffer again, durably",
  already_replayed: "It had been replayed before",
  unknown: "There is no such dead letter any more",
  invalid: "Not replayed",
};

/** Puts dead letters back into the buffer. */
export async function replay(deadLetters: ReplayInput["deadLetters"]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const some of chunks(deadLetters)) {
    outcomes.push(
      ...await api.admin.deadLetters.replay.mutate({ deadLetters: some }).then(
        ({ results }) => results.map(outcomeOf),
        (error) => some.map(({ eventId }) => failed(eventId, error)),
      ),
    );
  }
  return outcomes;
}

/** Deletes dead letters for good. @returns in words what became of them, and of how many */
export async function discard(eventIds: readonly string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const some of chunks(eventIds)) {
    outcomes.push(
      ...await api.admin.deadLetters.discard.mutate({ eventIds: some }).then(
        () => some.map((eventId) => ({ eventId, good: true, message: "Discarded" })),
        (error) => some.map((eventId) => failed(eventId, error)),
      ),
    );
  }
  return outcomes;
}

function outcomeOf({ eventId, result, message }: Replayed["results"][number]): Outcome {
  const words = WORDS[result];
  return {
    eventId,
    good: result !== "invalid",
    message: message === null ? words : `${words}: ${message}`,
  };
}

function failed(eventId: string, error: unknown): Outcome {
  return { eventId, good: false, message: failureOf(error).message };
}

function chunks<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / MAX_DEAD_LETTERS);
  return Array.from(
    { length: count },
    (_, i) => all.slice(i * MAX_DEAD_LETTERS, (i + 1) * MAX_DEAD_LETTERS),
  );
}
