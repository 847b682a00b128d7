/** One simulation from start to summary. */

import type { Clock } from "../clock.ts";
import { type Account, mintAccounts } from "./accounts.ts";
import type { Options } from "./options.ts";
import { Progress, type Screen } from "./progress.ts";
import { Random } from "./random.ts";
import { Sender } from "./sender.ts";
import { summarize, type Summary } from "./summary.ts";
import { Tally } from "./tally.ts";
import { Target } from "./target.ts";
import { generateTraffic } from "./traffic.ts";
import { createWorld } from "./world.ts";

/** What a run needs besides its options. */
export interface Surroundings {
  readonly clock: Clock;
  /** Milliseconds from any moment on, finely. */
  readonly stopwatch: () => number;
  /** Where progress is shown. */
  readonly screen: Screen;
  /** Ends the run early. */
  readonly stop: AbortSignal;
  /** What tokens have to name. */
  readonly auth: { readonly issuer: string | null; readonly audience: string | null };
}

/** Tokens outlive the run by this. */
const TOKEN_MARGIN_SECONDS = 600;

/**
 * Sends traffic as the options have it.
 *
 * @throws {TargetError} where no service answers
 */
export async function simulate(options: Options, surroundings: Surroundings): Promise<Summary> {
  const { clock, stopwatch, screen, stop } = surroundings;
  const { url, seed, seconds, concurrency, eventsPerSecond } = options;
  using target = new Target(url, concurrency);
  await target.check();
  const accounts = await openAccounts(options, surroundings, target);
  const tally = new Tally();
  const sender = new Sender({
    traffic: generateTraffic({ random: new Random(seed), now: clock.now, accounts }),
    transport: target.send,
    tally,
    clock,
    stopwatch,
    eventsPerSecond,
    durationMs: seconds * 1000,
    concurrency,
    stop,
  });
  const startedAt = stopwatch();
  {
    using _progress = new Progress({
      clock,
      screen,
      tally,
      underway: () => sender.underway,
      seconds,
    });
    await sender.run();
  }
  return summarize(tally, { url, seed, seconds: (stopwatch() - startedAt) / 1000 });
}

async function openAccounts(
  { secret, seconds }: Options,
  { clock, screen, auth }: Surroundings,
  target: Target,
): Promise<Account[]> {
  if (secret === null) {
    screen.write("No secret to sign tokens with: every visitor is anonymous.\n");
    return [];
  }
  const expiresInSeconds = Math.ceil(seconds) + TOKEN_MARGIN_SECONDS;
  const { issuer, audience } = auth; // and not all that the settings say, a secret among it
  const signing = { secret, issuer, audience, expiresInSeconds };
  const accounts = await mintAccounts(createWorld(), signing, clock.now());
  const [first] = accounts;
  if (first !== undefined && await target.accepts(first.token)) return accounts;
  screen.write("The service does not take this secret's tokens: every visitor is anonymous.\n");
  return [];
}
