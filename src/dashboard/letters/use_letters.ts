/** The dead letters that are listed, page by page. */

import { useEffect, useState } from "preact/hooks";
import type { DeadLetterPage, DeadLettersInput } from "../../admin/schema.ts";
import { api, type Failure, failureOf } from "../api.ts";

/** One letter. */
export type Letter = DeadLetterPage["letters"][number];

/** Which letters. */
export type LetterState = DeadLettersInput["state"];

/** The list so far. */
export interface Letters {
  /** `null` until they are known. */
  readonly letters: readonly Letter[] | null;
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
  readonly state: LetterState;
}

/** Lists letters; anew where `changed` is another. */
export function useLetters(state: LetterState, changed: unknown): Letters {
  const [listed, setListed] = useState<Listed | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const isFresh = listed?.state === state;

  async function list(input: Pick<DeadLettersInput, "limit" | "cursor">): Promise<DeadLetterPage> {
    const page = await api.admin.deadLetters.list.query({ ...input, state });
    setFailure(null);
    return page;
  }

  async function reload(): Promise<void> {
    const limit = Math.min(MAX_PAGE, Math.max(PAGE, isFresh ? listed.letters.length : 0));
    await list({ limit }).then((page) => setListed({ ...page, state }), fail);
  }

  async function showMore(): Promise<void> {
    if (!isFresh || listed.nextCursor === null) return;
    const { letters, nextCursor: cursor } = listed;
    await list({ limit: PAGE, cursor }).then(
      (page) => setListed({ ...page, letters: [...letters, ...page.letters], state }),
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
    letters: isFresh ? listed.letters : null,
    hasMore: isFresh && listed.nextCursor !== null,
    failure,
    reload,
    showMore,
  };
}
