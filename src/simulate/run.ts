/** Runs one simulation. */

import type { Clock } from "../clock.ts";
import { type Account, mintAccounts, type TokenSigning } from "./accounts.ts";
import type { Options } from "./options.ts";
import { Progress, type Screen } from "./progress.ts";
import { Random } from "./random.ts";
import { Sender } from "./sender.ts";
import { summarize, type Summary } from "./summary.ts";
import { RunStats } from "./run_stats.ts";
import { Target } from "./target.ts";
import { generateTraffic } from "./traffic.ts";
import { createMarketplace } from "./marketplace.ts";

/** Clocks, output and settings of `simulate`. */
export interface RunDependencies {
  readonly clock: Clock;
  /** High-resolution time in milliseconds, from an arbitrary origin. */
  readonly stopwatch: () => number;
  /** Where progress and warnings are written. */
  readonly screen: Screen;
  /** Ends the run early. */
  readonly stop: AbortSignal;
  /** The issuer and audience that the service expects in tokens, and where it expects claims. */
  readonly auth: Pick<TokenSigning, "issuer" | "audience" | "claims">;
}

/** How long tokens stay valid after the run. */
const TOKEN_MARGIN_SECONDS = 600;

/**
 * Sends traffic to a service and returns the summary of its responses.
 *
 * @throws {TargetError} if there is no service at the URL
 */
export async function simulate(options: Options, dependencies: RunDependencies): Promise<Summary> {
  const { clock, stopwatch, screen, stop } = dependencies;
  const { url, seed, seconds, concurrency, eventsPerSecond } = options;
  using target = new Target(url, concurrency);
  await target.checkLive();
  const accounts = await createAccounts(options, dependencies, target);
  const stats = new RunStats();
  const sender = new Sender({
    traffic: generateTraffic({ random: new Random(seed), now: clock.now, accounts }),
    transport: target.send,
    stats,
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
      stats,
      inFlight: () => sender.inFlight,
      seconds,
    });
    await sender.run();
  }
  return summarize(stats, { url, seed, seconds: (stopwatch() - startedAt) / 1000 });
}

async function createAccounts(
  { secret, seconds }: Options,
  { clock, screen, auth }: RunDependencies,
  target: Target,
): Promise<Account[]> {
  if (secret === null) {
    screen.write("No secret to sign tokens with: all visitors are anonymous.\n");
    return [];
  }
  const expiresInSeconds = Math.ceil(seconds) + TOKEN_MARGIN_SECONDS;
  const { issuer, audience, claims } = auth; // `auth` may be the whole settings, with another secret
  const signing = { secret, issuer, audience, ...(claims && { claims }), expiresInSeconds };
  const accounts = await mintAccounts(createMarketplace(), signing, clock.now());
  const [first] = accounts;
  if (first !== undefined && await target.acceptsToken(first.token)) return accounts;
  screen.write("The service rejects tokens signed with this secret: all visitors are anonymous.\n");
  return [];
}
