/** What the suite measures, and what its parts are given. */

import type { LoadGenerator } from "./load/control.ts";
import type { BenchPostgres } from "./postgres.ts";
import type { Scale } from "./scale.ts";
import type { Spread } from "./statistics.ts";

/** What a ratio is to reach. */
export type Reach = { readonly atLeast: number } | { readonly atMost: number };

/** Something measured, with its limit beside it. */
export interface Figure {
  readonly part: string;
  readonly name: string;
  readonly unit: string;
  readonly value: Spread;
  readonly limit: { readonly name: string; readonly value: Spread } | null;
  /** Value by limit, of each pair of repeats. */
  readonly ratio: Spread | null;
  readonly reach: Reach | null;
  /** `null`: there is nothing to reach. */
  readonly reached: boolean | null;
}

/** A part of the suite, runnable alone. */
export interface Part {
  readonly name: string;
  /** In a few words. */
  readonly title: string;
  run(suite: Suite): Promise<Figure[]>;
}

/** What parts share. */
export interface Suite {
  readonly scale: Scale;
  readonly load: LoadGenerator;
  /** Tells what is being done. */
  readonly progress: (text: string) => void;
  /** Makes an empty folder that is removed at the end. */
  newFolder(): Promise<string>;
  /** The Postgres of the suite; started at the first call, its tables empty after each. */
  freshPostgres(): Promise<BenchPostgres>;
  /** Makes a folder with a buffer of so many events, as a service would find it. */
  fullFolder(events: number): Promise<string>;
}
