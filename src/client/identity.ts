/** The users to whom events belong, and their tokens. */

import { type Page, safely } from "./page.ts";
import type { QueueRecord } from "./record.ts";
import type { ServerClock } from "./server_clock.ts";

/** A token that a page gave to `identify`. */
export interface Token {
  readonly _jwt: string;
  /** Epoch milliseconds by the server's clock; `NaN` if it does not expire. */
  readonly _expiresAt: number;
}

/** The users who were identified on this page. */
export interface Identity {
  /** The user of the events that happen now; `null` if these are anonymous. */
  _user: string | null;
  /** By user, so that events queued before a sign-out are still sent with their user's token. */
  readonly _tokens: Map<string | null, Token>;
  /** Makes later events those of a token's user, or anonymous if no header can have the token. */
  _identify(token: string): void;
  /** Whether an event may be sent: it is anonymous, or there is a valid token of its user, or was for too long none. */
  _isDue(record: QueueRecord): unknown;
}

/** How long an event waits for a valid token of its user before it is sent as anonymous. */
const MAX_TOKEN_WAIT_MS = 86_400_000;

/** Creates the identity of a page, which is anonymous at first. */
export function createIdentity(page: Page, newId: () => string, clock: ServerClock): Identity {
  const tokens: Identity["_tokens"] = new Map();
  return {
    _user: null,
    _tokens: tokens,
    _identify(token) {
      this._user = null;
      if (!/^[!-~]+$/.test(token ?? "")) return;
      const claims = safely(() => readClaims(page, token));
      this._user = claims?.sub ?? newId();
      tokens.set(this._user, { _jwt: token, _expiresAt: claims?.exp as number * 1000 });
    },
    _isDue({ id, by }) {
      const token = tokens.get(by);
      const trackedAt = parseInt(id.replace("-", ""), 16); // a UUIDv7 begins with its time
      const now = page.Date.now();
      // While the server's time is unknown, the comparison with NaN is false: the token counts as valid.
      return !by || token && !(token._expiresAt <= now - clock._offset) ||
        now - trackedAt >= MAX_TOKEN_WAIT_MS;
    },
  };
}

/** Reads the user and the expiry (epoch seconds) from a JWT without verifying it: the service does that. */
function readClaims(page: Page, token: string): { sub?: string; exp?: number } {
  const [, claims] = token.split(".") as [string, string];
  return JSON.parse(page.atob(claims.replace(/-/g, "+").replace(/_/g, "/")));
}
