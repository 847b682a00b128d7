/**
 * Writes a batch of which Postgres may refuse some items (contract 7.5): halves it until the offending
 * ones are alone.
 *
 * An error of the data is enough to do so. A doubtful one, by a trigger or a missing privilege, may be
 * about every item: then nothing must be set aside (contract 7.17). It is about single items once another
 * one can be written: one of this batch, or whatever `canWrite` tries.
 */

import { classifyFailure, type Failure } from "./failure.ts";

/** Why Postgres refuses an item. */
export type Refusal = Exclude<Failure, { kind: "unavailable" }>;

/** How a batch is written. */
export interface HalvingOptions<Item, Result> {
  /** Writes items, all or none. Repeating it must change nothing. */
  readonly write: (items: readonly Item[]) => Promise<Result>;
  /** Whether something else than the items can be written now. */
  readonly canWrite: () => Promise<boolean>;
}

/** What became of the items of a batch. */
export interface Halved<Item, Result> {
  /** The results of the parts that were written. */
  readonly written: Result[];
  readonly refused: { readonly item: Item; readonly failure: Refusal }[];
}

/** Items tried one by one to find one that can be written, if all of them seem to be refused. */
const SAMPLES = 8;

/**
 * Writes items, and returns those that Postgres refuses.
 *
 * @throws what `write` throws when Postgres is unavailable, or refuses every item
 */
export async function writeHalving<Item, Result>(
  items: readonly Item[],
  options: HalvingOptions<Item, Result>,
): Promise<Halved<Item, Result>> {
  const { write, canWrite } = options;
  const halved: Halved<Item, Result> = { written: [], refused: [] };

  let accepted: Item | undefined;

  async function writeAll(part: readonly Item[]): Promise<void> {
    halved.written.push(await write(part));
    accepted = part[0];
  }

  async function writePart(part: readonly Item[]): Promise<void> {
    let failure: Refusal;
    try {
      await writeAll(part);
      return;
    } catch (error) {
      failure = refusalOrThrow(error);
      if (failure.kind === "doubtful" && !await isAboutItems(part)) throw error;
    }
    const [item] = part;
    if (part.length === 1 && item !== undefined) {
      halved.refused.push({ item, failure });
      return;
    }
    const middle = Math.ceil(part.length / 2);
    await writePart(part.slice(0, middle));
    await writePart(part.slice(middle));
  }

  /** Tried again after each refusal: a privilege may have been revoked meanwhile. */
  async function isAboutItems(part: readonly Item[]): Promise<boolean> {
    if (await canWrite()) return true;
    return await writeOneOf(accepted === undefined ? spread(part) : [accepted]);
  }

  /** Writes the first item that can be; it is written with its part again. */
  async function writeOneOf(candidates: readonly Item[]): Promise<boolean> {
    for (const item of candidates) {
      try {
        await writeAll([item]);
        return true;
      } catch (error) {
        refusalOrThrow(error);
      }
    }
    return false;
  }

  await writePart(items);
  return halved;
}

/** A few items from all over a part of several. */
function spread<Item>(part: readonly Item[]): Item[] {
  const step = Math.ceil(part.length / SAMPLES);
  return part.length === 1 ? [] : part.filter((_, i) => i % step === 0);
}

function refusalOrThrow(error: unknown): Refusal {
  const failure = classifyFailure(error);
  if (failure.kind === "unavailable") throw error;
  return failure;
}
