/** The dead letters that are listed, page by page. */

import { useEffect, useState } from "preact/hooks";
import type { DeadLetterPage, DeadLettersInput } from "../../admin/schema.ts";
import { api, type Failure, failureOf } from "../api.ts";

/** One dead letter. */
export type DeadLetter = DeadLetterPage["deadLetters"][number];

/** Which dead letters. */
export type DeadLetterState = DeadLettersInput["state"];

/** The list so far. */
export interface DeadLetters {
  /** `null` until they are known. */
  readonly deadLetters: readonly DeadLetter[] | null;
  readonly hasMore: boolean;
  readonly failure: Failure | null;
  /** Lists them anew, as many as are there. */
  reload(): Promise<void>;
  /** Lists the next page too. */
  showMore(): Promise<void>;
}

const PAGE = 50;
const MAX_PAGE = 200;

interface Listed extends DeadLetterPage {
  readonly state: DeadLetterState;
}

/** Lists dead letters; anew where `changed` is another. */
export function useDeadLetters(state: DeadLetterState, changed: unknown): DeadLetters {
  const [listed, setListed] = useState<Listed | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const isFresh = listed?.state === state;

  async function list(input: Pick<DeadLettersInput, "limit" | "cursor">): Promise<DeadLetterPage> {
    const page = await api.admin.deadLetters.list.query({ ...input, state });
    setFailure(null);
    return page;
  }

  async function reload(): Promise<void> {
    const limit = Math.min(MAX_PAGE, Math.max(PAGE, isFresh ? listed.deadLetters.length : 0));
    await list({ limit }).then((page) => setListed({ ...page, state }), fail);
  }

  async function showMore(): Promise<void> {
    if (!isFresh || listed.nextCursor === null) return;
    const { deadLetters, nextCursor: cursor } = listed;
    await list({ limit: PAGE, cursor }).then(
      (page) => setListed({ ...page, deadLetters: [...deadLetters, ...page.deadLetters], state }),
      fail,
    );
  }

  function fail(error: unknown): void {
    setFailure(failureOf(error));
  }

  useEffect(() => {
    reload();
  }, [state, changed]);
  return {
    deadLetters: isFresh ? listed.deadLetters : null,
    hasMore: isFresh && listed.nextCursor !== null,
    failure,
    reload,
    showMore,
  };
}
