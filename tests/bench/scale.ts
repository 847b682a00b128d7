/** How much is measured. */

/** Sizes and durations of a run. */
export interface Scale {
  readonly repeats: number;
  /** Load per repeat. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Buffered before a drain (`drain`). */
  readonly drainEvents: number;
  /** Buffered before the load begins (`memory`, `full-buffer`). */
  readonly fullEvents: number;
  /** Load through the whole pipeline (`pipeline`). */
  readonly sustainedSeconds: number;
  /** How long memory is sampled, with a full and with an empty buffer (`memory`). */
  readonly memorySeconds: number;
  /** How long memory must not grow (`memory`); `null`: not measured. */
  readonly growthSeconds: number | null;
  readonly starts: number;
  /** Whether parts measure all of their rows, or only those that tell most. */
  readonly allRows: boolean;
}

/** The scale of published figures. */
export const FULL: Scale = {
  repeats: 5,
  seconds: 2,
  warmUpSeconds: 3,
  drainEvents: 100_000,
  fullEvents: 1_000_000,
  sustainedSeconds: 40,
  memorySeconds: 30,
  growthSeconds: null,
  starts: 10,
  allRows: true,
};

/** `--quick`: the same parts, smaller. */
export const QUICK: Scale = {
  repeats: 1,
  seconds: 0.5,
  warmUpSeconds: 1,
  drainEvents: 20_000,
  fullEvents: 50_000,
  sustainedSeconds: 4,
  memorySeconds: 3,
  growthSeconds: null,
  starts: 3,
  allRows: false,
};

/** Duration of the growth check that `--long` adds. */
export const GROWTH_SECONDS = 600;
