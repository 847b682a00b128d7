/** How much is measured. */

/** Numbers by which a run is longer or shorter. */
export interface Scale {
  readonly repeats: number;
  /** Of one repeat of a load. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Buffered before a drain (`drain`). */
  readonly drainEvents: number;
  /** Buffered before there is load (`memory`, `full-buffer`). */
  readonly fullEvents: number;
  /** Of the load that goes all the way (`pipeline`). */
  readonly sustainedSeconds: number;
  /** For how long memory is watched, full and empty (`memory`). */
  readonly memorySeconds: number;
  /** For how long memory must not grow (`memory`); `null`: not looked at. */
  readonly growthSeconds: number | null;
  readonly starts: number;
}

/** The suite as its figures are meant. */
export const FULL: Scale = {
  repeats: 5,
  seconds: 3,
  warmUpSeconds: 4,
  drainEvents: 200_000,
  fullEvents: 1_000_000,
  sustainedSeconds: 60,
  memorySeconds: 30,
  growthSeconds: null,
  starts: 10,
};

/** For a quick look: the same parts, smaller. */
export const QUICK: Scale = {
  repeats: 3,
  seconds: 1,
  warmUpSeconds: 2,
  drainEvents: 50_000,
  fullEvents: 100_000,
  sustainedSeconds: 10,
  memorySeconds: 5,
  growthSeconds: null,
  starts: 3,
};

/** What `--long` adds. */
export const GROWTH_SECONDS = 600;
