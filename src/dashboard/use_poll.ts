/** Asks again and again, not while nobody looks. */

import { useEffect, useState } from "preact/hooks";
import { type Failure, failureOf } from "./api.ts";

/** The last answer and whether it still comes. */
export interface Polled<T> {
  /** The last answer; kept while the service does not answer. */
  readonly value: T | null;
  /** What the answer belongs to; see `usePoll`. */
  readonly key: string | null;
  readonly failure: Failure | null;
  /** Since when there is no answer, in epoch milliseconds. */
  readonly failingSince: number | null;
  /** Asks at once. */
  again(): void;
}

/** A question to ask again and again. */
export interface Question<T> {
  /** What is asked; another one is asked at once. */
  readonly key: string;
  readonly ask: (signal: AbortSignal) => Promise<T>;
  /** `null`: once is enough. */
  readonly everyMs: number | null;
}

const TIMEOUT_MS = 10_000;

/** Polls. Paused while the document is hidden; asks at once when it is seen again. */
export function usePoll<T>({ key, ask, everyMs }: Question<T>): Polled<T> {
  const [state, setState] = useState<Omit<Polled<T>, "again">>(NOTHING);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    let isAsking = false;
    async function look(): Promise<void> {
      clearTimeout(timer);
      if (isAsking || document.hidden) return;
      isAsking = true;
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const next = await ask(signal).then(answered(key), failed);
      isAsking = false;
      if (stop.signal.aborted) return;
      setState(next);
      if (everyMs !== null) timer = setTimeout(look, everyMs);
    }
    look();
    document.addEventListener("visibilitychange", look, { signal: stop.signal });
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, everyMs, turn]);
  return { ...state, again: () => setTurn((now) => now + 1) };
}

const NOTHING = { value: null, key: null, failure: null, failingSince: null };

function answered(key: string) {
  return <T>(value: T) => () => ({ value, key, failure: null, failingSince: null });
}

function failed(error: unknown) {
  const failure = failureOf(error);
  return <T>(known: Omit<Polled<T>, "again">) => ({
    ...known,
    failure,
    failingSince: known.failingSince ?? Date.now(),
  });
}
