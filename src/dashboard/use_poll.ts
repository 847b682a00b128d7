/** Polls an endpoint, but not while the page is hidden. */

import { useEffect, useState } from "preact/hooks";
import { type Failure, toFailure } from "./api.ts";

/** The latest value, and whether polling works. */
export interface Polled<T> {
  /** The last successful response; kept while requests fail. */
  readonly value: T | null;
  /** The `key` that `value` was loaded for. */
  readonly key: string | null;
  readonly failure: Failure | null;
  /** When requests began to fail, in epoch milliseconds. */
  readonly failingSince: number | null;
  /** Polls immediately. */
  refresh(): void;
}

/** Options of `usePoll`. */
export interface PollOptions<T> {
  /** Identifies what is loaded; a new key loads immediately. */
  readonly key: string;
  readonly load: (signal: AbortSignal) => Promise<T>;
  /** `null`: load once. */
  readonly intervalMs: number | null;
}

const TIMEOUT_MS = 10_000;

/** Polls `load`. Pauses while the document is hidden and resumes with an immediate request. */
export function usePoll<T>({ key, load, intervalMs }: PollOptions<T>): Polled<T> {
  const [state, setState] = useState<Omit<Polled<T>, "refresh">>(INITIAL);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    let isLoading = false;
    async function poll(): Promise<void> {
      clearTimeout(timer);
      if (isLoading || document.hidden) return;
      isLoading = true;
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const next = await load(signal).then(succeeded(key), failed);
      isLoading = false;
      if (stop.signal.aborted) return;
      setState(next);
      if (intervalMs !== null) timer = setTimeout(poll, intervalMs);
    }
    poll();
    document.addEventListener("visibilitychange", poll, { signal: stop.signal });
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, intervalMs, turn]);
  return { ...state, refresh: () => setTurn((now) => now + 1) };
}

const INITIAL = { value: null, key: null, failure: null, failingSince: null };

function succeeded(key: string) {
  return <T>(value: T) => () => ({ value, key, failure: null, failingSince: null });
}

function failed(error: unknown) {
  const failure = toFailure(error);
  return <T>(previous: Omit<Polled<T>, "refresh">) => ({
    ...previous,
    failure,
    failingSince: previous.failingSince ?? Date.now(),
  });
}
