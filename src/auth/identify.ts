/** Turns a token into an identity (contract 6.1). */

import { createHash } from "node:crypto";
import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { Identification, TokenRefusal } from "../events/identification.ts";
import { readIdentity } from "./claims.ts";
import { KeysUnavailableError } from "./key_set.ts";
import { LogLimit } from "./log_limit.ts";
import { createReadToken, type Reading, type ReadTokenOptions } from "./read_token.ts";
import { toRefusal } from "./refusal.ts";
import { SessionUnavailableError } from "./sessions.ts";
import type { SentToken } from "./token.ts";

/** Returns what the tokens of a request, at least one, say about its caller. Never throws. */
export type Identify = (tokens: readonly SentToken[]) => Promise<Identification>;

/** Options of `createIdentify`. */
export interface IdentifyOptions extends ReadTokenOptions {
  readonly clock: Pick<Clock, "now" | "monotonic">;
  readonly onRefused?: (refusal: TokenRefusal) => void;
}

const CACHED_TOKENS = 10_000;
const CACHED_MS = 60_000;
/** How long it is remembered that verified claims name no user: a session may be asked about again. */
const UNUSABLE_MS = 5_000;
const UNVERIFIED: Identification = { kind: "unverified" };

const logger = getLogger(["sluice", "auth"]);

interface Cached {
  readonly identification: Identification;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Creates the function that verifies tokens. It caches verified ones for up to a minute. */
export function createIdentify(options: IdentifyOptions): Identify {
  const { config, onRefused, clock: { now } } = options;
  const readToken = createReadToken(options);
  const cache = new Map<string, Cached>();
  const warnings = new LogLimit(options.clock);

  async function identifyOne(token: SentToken, since: number): Promise<Identification> {
    const name = nameOf(token);
    const cached = cache.get(name);
    const left = cached === undefined ? 0 : cached.expiresAt - now();
    // More than CACHED_MS is left if the clock was set back.
    if (cached !== undefined && left > 0 && left <= CACHED_MS) return cached.identification;
    cache.delete(name);
    try {
      const reading = await readToken(token, since);
      const identification = identifyBy(reading);
      const ms = identification.kind === "identified" ? CACHED_MS : UNUSABLE_MS;
      cache.set(name, { identification, expiresAt: Math.min(now() + ms, reading.expiresAt) });
      if (cache.size > CACHED_TOKENS) cache.delete(cache.keys().next().value ?? "");
      return identification;
    } catch (error) {
      if (error instanceof KeysUnavailableError || error instanceof SessionUnavailableError) {
        return UNVERIFIED;
      }
      return { kind: "refused", ...toRefusal(error, config) };
    }
  }

  function identifyBy({ payload, claims }: Reading): Identification {
    try {
      return readIdentity(payload, claims, config.adminRoles);
    } catch (error) {
      return { kind: "refused", ...toRefusal(error, config) };
    }
  }

  function report(refusal: TokenRefusal): void {
    onRefused?.(refusal);
    const { reason, message } = refusal;
    logger.debug("A token was not accepted: {message}", { reason, message });
    warnings.run((count) =>
      logger.warn(
        "Tokens are not accepted ({count} since the last warning), the latest: {message}",
        {
          count,
          reason,
          message,
        },
      )
    );
  }

  return async function identify(tokens) {
    let result: Identification | null = null;
    const since = options.clock.monotonic();
    for (const token of tokens) {
      const identification = await identifyOne(token, since);
      if (identification.kind === "identified") return identification;
      // A token that cannot be verified may be the right one.
      if (result === null || identification.kind === "unverified") result = identification;
    }
    if (result?.kind === "refused") report(result);
    return result ?? UNVERIFIED;
  };
}

/**
 * What a token is cached by: a cookie of the same value but with another name may be none, and two cookies
 * around the same token may be two sessions. No bearer begins with a space.
 */
function nameOf({ text, cookie }: SentToken): string {
  if (cookie === null) return text;
  const { name, value } = cookie;
  const isWrapped = value !== text;
  return ` ${name}=${isWrapped ? `=${createHash("sha256").update(value).digest("base64")}` : text}`;
}
