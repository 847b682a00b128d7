/**
 * Writes a batch of which Postgres may reject some items (contract 7.5): halves it until the offending
 * ones are alone.
 *
 * Any error may concern every item: a trigger rejects them, a privilege is missing, or the sequence of an
 * audit table is used up, which looks like an error in the data. Then no item may be set aside (contract
 * 7.17, 7.22). An error concerns an item if others can be written between two attempts at it.
 */

import { classifyFailure, type Failure } from "./failure.ts";

/** Why Postgres rejects an item. */
export type RowRejection = Exclude<Failure, { kind: "unavailable" }>;

/** Options of `writeHalving`. */
export interface HalvingOptions<Item, Result> {
  /** Writes items, all or none. Repeating it must change nothing. */
  readonly write: (items: readonly Item[]) => Promise<Result>;
  /**
   * Whether a new item can be written now: one like the given one, which this batch has written (writing
   * that again would change nothing and so prove nothing), or any other that needs the same tables as the
   * item that was rejected.
   */
  readonly canWrite: (accepted: Item | undefined, rejected: Item | undefined) => Promise<boolean>;
  /** Tells apart items that need different tables; by default all need the same. */
  readonly kindOf?: (item: Item) => unknown;
}

/** The outcome of a batch. */
export interface Halved<Item, Result> {
  /** The results of the parts that were written. */
  readonly written: Result[];
  readonly rejected: { readonly item: Item; readonly failure: RowRejection }[];
}

/** Items tried one by one to find one that can be written, if all of them seem to be rejected. */
const SAMPLES = 8;

/**
 * Writes items, and returns those that Postgres rejects.
 *
 * @throws what `write` throws when Postgres is unavailable, or rejects every item
 */
export async function writeHalving<Item, Result>(
  items: readonly Item[],
  options: HalvingOptions<Item, Result>,
): Promise<Halved<Item, Result>> {
  const { write, canWrite, kindOf = () => null } = options;
  const halved: Halved<Item, Result> = { written: [], rejected: [] };
  /** Items that were rejected when they were alone. */
  const suspects: { readonly item: Item; readonly error: unknown }[] = [];
  let accepted: Item | undefined;

  async function writeAll(part: readonly Item[]): Promise<void> {
    halved.written.push(await write(part));
    accepted = part[0];
  }

  async function writePart(part: readonly Item[]): Promise<void> {
    try {
      await writeAll(part);
      return;
    } catch (error) {
      rejectionOrThrow(error);
      const [item] = part;
      if (part.length === 1 && item !== undefined) {
        suspects.push({ item, error });
        return;
      }
      // Once, so that a table which is closed is not tried with every item.
      if (part === items && !await canWrite(accepted, item) && !await writeOneOf(spread(part))) {
        throw error;
      }
    }
    const middle = Math.ceil(part.length / 2);
    await writePart(part.slice(0, middle));
    await writePart(part.slice(middle));
  }

  /** One probe for each kind, however many are rejected: Postgres may be far away. */
  async function checkSuspects(): Promise<void> {
    const kinds = new Set<unknown>();
    for (const { item, error } of suspects) {
      const kind = kindOf(item);
      if (!kinds.has(kind) && !await canWrite(accepted, item)) throw error;
      kinds.add(kind);
    }
  }

  /**
   * Why an item is still rejected, `null` if it no longer is: what failed may have been put right before
   * something else could be written, such as a table that a migration was about to create.
   */
  async function writeAgain(item: Item): Promise<RowRejection | null> {
    try {
      await writeAll([item]);
      return null;
    } catch (error) {
      return rejectionOrThrow(error);
    }
  }

  /** Writes the first item that can be written; it is written again with its part. */
  async function writeOneOf(candidates: readonly Item[]): Promise<boolean> {
    for (const item of candidates) {
      try {
        await writeAll([item]);
        return true;
      } catch (error) {
        rejectionOrThrow(error);
      }
    }
    return false;
  }

  await writePart(items);
  await checkSuspects();
  for (const { item } of suspects) {
    const failure = await writeAgain(item);
    if (failure !== null) halved.rejected.push({ item, failure });
  }
  return halved;
}

/** A few items, spread over the part. */
function spread<Item>(part: readonly Item[]): Item[] {
  const step = Math.ceil(part.length / SAMPLES);
  return part.filter((_, i) => i % step === 0);
}

function rejectionOrThrow(error: unknown): RowRejection {
  const failure = classifyFailure(error);
  if (failure.kind === "unavailable") throw error;
  return failure;
}
