/** What can be done with dead letters. Each call is safe to repeat: ids and keys stay. */

import type { Replayed, ReplayInput } from "../../admin/schema.ts";
import { api, failureOf } from "../api.ts";

/** What became of a letter. */
export interface Fate {
  readonly eventId: string;
  readonly good: boolean;
  readonly message: string;
}

/** Letters of one call, as many as the service takes. */
const MAX_LETTERS = 100;

const WORDS: Readonly<Record<Replayed["results"][number]["result"], string>> = {
  replayed: "Replayed: it is in the buffer again, durably",
  already_replayed: "It had been replayed before",
  unknown: "There is no such letter any more",
  invalid: "Not replayed",
};

/** Puts letters back into the buffer. */
export async function replay(letters: ReplayInput["letters"]): Promise<Fate[]> {
  const fates: Fate[] = [];
  for (const some of chunks(letters)) {
    fates.push(
      ...await api.admin.deadLetters.replay.mutate({ letters: some }).then(
        ({ results }) => results.map(fateOf),
        (error) => some.map(({ eventId }) => failed(eventId, error)),
      ),
    );
  }
  return fates;
}

/** Deletes letters for good. @returns in words what became of them, and of how many */
export async function discard(eventIds: readonly string[]): Promise<Fate[]> {
  const fates: Fate[] = [];
  for (const some of chunks(eventIds)) {
    fates.push(
      ...await api.admin.deadLetters.discard.mutate({ eventIds: some }).then(
        () => some.map((eventId) => ({ eventId, good: true, message: "Discarded" })),
        (error) => some.map((eventId) => failed(eventId, error)),
      ),
    );
  }
  return fates;
}

function fateOf({ eventId, result, message }: Replayed["results"][number]): Fate {
  const words = WORDS[result];
  return {
    eventId,
    good: result !== "invalid",
    message: message === null ? words : `${words}: ${message}`,
  };
}

function failed(eventId: string, error: unknown): Fate {
  return { eventId, good: false, message: failureOf(error).message };
}

function chunks<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / MAX_LETTERS);
  return Array.from({ length: count }, (_, i) => all.slice(i * MAX_LETTERS, (i + 1) * MAX_LETTERS));
}
