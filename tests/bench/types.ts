/** Figures, and the parts of the suite that measure them. */

import type { LoadGenerator } from "./load/control.ts";
import type { Keys } from "./load/keys.ts";
import type { BenchPostgres } from "./postgres.ts";
import type { Scale } from "./scale.ts";
import type { Spread } from "./statistics.ts";

/** The ratio to reach. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** A measurement of the service, and of the limit it is compared with. */
export interface Figure {
  readonly part: string;
  readonly name: string;
  readonly unit: string;
  readonly value: Spread;
  readonly limit: { readonly name: string; readonly value: Spread } | null;
  /** Value divided by limit, for each pair of repeats. */
  readonly ratio: Spread | null;
  readonly target: Target | null;
  /** `null`: there is no target. */
  readonly met: boolean | null;
  /** What else was measured in the same turns. */
  readonly details: readonly Detail[];
}

/** A number beside a figure. */
export interface Detail {
  readonly name: string;
  readonly unit: string;
  readonly value: Spread;
}

/** A part of the suite, which can run alone. */
export interface Part {
  readonly name: string;
  /** One line for `--help`. */
  readonly title: string;
  run(suite: Suite): Promise<Figure[]>;
}

/** What the parts share. */
export interface Suite {
  readonly scale: Scale;
  readonly load: LoadGenerator;
  /** Reports what the suite is doing. */
  readonly progress: (text: string) => void;
  /** Notes that something of a part cannot be measured here, to be said at the end. */
  readonly skip: (reason: string) => void;
  /** Makes an empty folder, removed at the end of the suite. */
  newFolder(): Promise<string>;
  /** The suite's Postgres, started at the first call; every call empties its tables. */
  emptyPostgres(): Promise<BenchPostgres>;
  /** Makes a folder whose KV file has that many events buffered, without keys by default. */
  folderWithEvents(events: number, keys?: Keys): Promise<string>;
}
