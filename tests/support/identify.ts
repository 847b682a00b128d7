/** Identifies callers by their tokens, without an application. */

import { createIdentify, type Identify } from "../../src/auth/identify.ts";
import { KeySet } from "../../src/auth/key_set.ts";
import { Sessions } from "../../src/auth/sessions.ts";
import { systemClock } from "../../src/clock.ts";
import { type AuthConfig, loadConfig } from "../../src/config.ts";
import type { Identification, TokenRefusal } from "../../src/events/identification.ts";
import type { Identity } from "../../src/events/types.ts";

/** Identifies the caller with one token. */
export interface TestIdentify extends Disposable {
  /** The identity that the token proves, or `null`. */
  (token: string): Promise<Identity | null>;
  /** Identifies the caller with one cookie. */
  readonly cookie: (name: string, value: string) => Promise<Identification>;
  readonly identify: Identify;
  readonly all: (...tokens: string[]) => Promise<Identification>;
  /** Every refusal so far. */
  readonly refusals: readonly TokenRefusal[];
}

/** Creates a function that identifies callers at a time. */
export function openIdentify(
  settings: Partial<AuthConfig>,
  now: () => number = Date.now,
  clock = systemClock,
): TestIdentify {
  const config = { ...loadConfig({}).auth, ...settings };
  const refusals: TokenRefusal[] = [];
  const keys = config.jwksUrl === null ? null : new KeySet({ url: config.jwksUrl, clock });
  const sessions = config.sessionUrl === null
    ? null
    : new Sessions({ url: config.sessionUrl, clock });
  const identify = createIdentify({
    config,
    keys,
    sessions,
    clock: { now, monotonic: clock.monotonic },
    onRefused: (refusal) => refusals.push(refusal),
  });
  async function identityOf(token: string): Promise<Identity | null> {
    const result = await identify([{ text: token, cookie: null }]);
    return result.kind === "identified" ? result.identity : null;
  }
  return Object.assign(identityOf, {
    identify,
    cookie: (name: string, value: string) =>
      identify([{ text: value, cookie: { name, value, sent: `${name}=${value}` } }]),
    all: (...tokens: string[]) => identify(tokens.map((text) => ({ text, cookie: null }))),
    refusals,
    [Symbol.dispose]() {
      keys?.[Symbol.dispose]();
      sessions?.[Symbol.dispose]();
    },
  });
}
