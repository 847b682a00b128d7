/** Loads the list of dead letters, page by page. */

import { useEffect, useState } from "preact/hooks";
import type { DeadLetterPage, DeadLettersInput } from "../../admin/schema/dead_letters.ts";
import { api, type Failure, toFailure } from "../api.ts";

/** A dead letter as the API lists it. */
export type DeadLetter = DeadLetterPage["deadLetters"][number];

/** Which dead letters to list. */
export type DeadLetterState = DeadLettersInput["state"];

/** The pages loaded so far. */
export interface DeadLetters {
  /** `null` until loaded. */
  readonly deadLetters: readonly DeadLetter[] | null;
  readonly hasMore: boolean;
  readonly failure: Failure | null;
  /** Reloads the list at its current length, up to one maximal page. */
  reload(): Promise<void>;
  /** Appends the next page. */
  showMore(): Promise<void>;
}

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200;

interface Loaded extends DeadLetterPage {
  readonly state: DeadLetterState;
}

/** Lists dead letters; reloads when `state` or `changed` changes. */
export function useDeadLetters(state: DeadLetterState, changed: unknown): DeadLetters {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const isCurrent = loaded?.state === state;

  async function loadPage(
    input: Pick<DeadLettersInput, "limit" | "cursor">,
  ): Promise<DeadLetterPage> {
    const page = await api.admin.deadLetters.list.query({ ...input, state });
    setFailure(null);
    return page;
  }

  async function reload(): Promise<void> {
    const limit = Math.min(
      MAX_PAGE_SIZE,
      Math.max(PAGE_SIZE, isCurrent ? loaded.deadLetters.length : 0),
    );
    await loadPage({ limit }).then((page) => setLoaded({ ...page, state }), fail);
  }

  async function showMore(): Promise<void> {
    if (!isCurrent || loaded.nextCursor === null) return;
    const { deadLetters, nextCursor: cursor } = loaded;
    await loadPage({ limit: PAGE_SIZE, cursor }).then(
      (page) => setLoaded({ ...page, deadLetters: [...deadLetters, ...page.deadLetters], state }),
      fail,
    );
  }

  function fail(error: unknown): void {
    setFailure(toFailure(error));
  }

  useEffect(() => {
    reload();
  }, [state, changed]);
  return {
    deadLetters: isCurrent ? loaded.deadLetters : null,
    hasMore: isCurrent && loaded.nextCursor !== null,
    failure,
    reload,
    showMore,
  };
}
