/**
 * The sessions of `AUTH_SESSION_URL` (contract 6.16): for cookies that only the login itself can read. A
 * failure leaves the caller unknown, to be sent again, and never anonymous.
 */

import { createHash } from "node:crypto";
import { getLogger } from "@logtape/logtape";
import { type Clock, within } from "../clock.ts";
import { askSession, UnreadableAnswerError } from "./ask_session.ts";
import type { Cookie } from "./cookies.ts";
import { explain } from "./fetched.ts";
import { LogLimit } from "./log_limit.ts";
import { Slots } from "./slots.ts";

/** Nobody can say at the moment whose session a cookie is. */
export class SessionUnavailableError extends Error {
  override readonly name = "SessionUnavailableError";
}

/** What the endpoint said about a session. */
export type SessionAnswer = Readonly<Record<string, unknown>>;

/** Options of `Sessions`. */
export interface SessionsOptions {
  readonly url: string;
  readonly clock: Pick<Clock, "monotonic" | "after">;
}

/** How long a request waits, for its turn and for the response. */
const WAIT_MS = 2_000;
/** How long it is remembered that a cookie has no session: a sign-in makes a new cookie. */
const NOBODY_MS = 5_000;
/** Between attempts for a cookie, and for all while the endpoint cannot be reached. */
const RETRY_MS = 2_000;
/** Requests in a row that took too long: no single cookie can make the endpoint count as away. */
const AWAY_AFTER = 3;
const MAX_OPEN = 32;
const MAX_WAITING = 1_000;
/** About 1 MB. */
const MAX_REMEMBERED = 5_000;

const logger = getLogger(["sluice", "auth"]);

/** What is known of a cookie without a session, or that could not be asked about. */
interface Remembered {
  readonly error: SessionUnavailableError | null;
  readonly until: number;
}

/** Asks an endpoint who cookies belong to, once at a time for each. */
export class Sessions {
  readonly #url: string;
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #slots: Slots;
  readonly #warnings: LogLimit;
  readonly #closed = new AbortController();
  readonly #asking = new Map<string, Promise<SessionAnswer | null>>();
  readonly #remembered = new Map<string, Remembered>();
  /** Requests in a row that took too long. */
  #unanswered = 0;
  #lastTry = -Infinity;
  #failing = false;

  constructor({ url, clock }: SessionsOptions) {
    this.#url = url;
    this.#clock = clock;
    this.#slots = new Slots(clock, MAX_OPEN, MAX_WAITING);
    this.#warnings = new LogLimit(clock);
  }

  /**
   * Returns the session of a cookie, or `null` if it has none. Callers remember sessions themselves.
   *
   * @param since when the request arrived: its cookies together wait no longer than one
   * @throws {SessionUnavailableError} if the endpoint does not say
   */
  async find({ sent }: Cookie, since: number): Promise<SessionAnswer | null> {
    const name = createHash("sha256").update(sent).digest("base64");
    const known = this.#remembered.get(name);
    if (known !== undefined && known.until > this.#now()) {
      if (known.error !== null) throw known.error;
      return null;
    }
    const left = since + WAIT_MS - this.#now();
    if (left <= 0) throw new SessionUnavailableError("another cookie took the time");
    const asking = this.#asking.get(name) ?? this.#ask(name, sent);
    const answer = await within(this.#clock, left, asking.then((session) => ({ session })));
    if (answer === null) throw new SessionUnavailableError("it takes too long");
    return answer.session;
  }

  /** Aborts requests in flight. */
  [Symbol.dispose](): void {
    this.#closed.abort();
  }

  #ask(name: string, cookies: string): Promise<SessionAnswer | null> {
    const asking = this.#askInTurn(cookies).then((answer) => {
      if (answer === null) this.#remember(name, null, NOBODY_MS);
      return answer;
    }, (error) => {
      this.#remember(name, error, RETRY_MS);
      throw error;
    }).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }

  async #askInTurn(cookies: string): Promise<SessionAnswer | null> {
    const startedAt = this.#now();
    // While it is away, one request at a time finds out whether it is back.
    if (this.#unanswered >= AWAY_AFTER && startedAt - this.#lastTry < RETRY_MS) {
      throw new SessionUnavailableError("it is away");
    }
    this.#lastTry = startedAt;
    if (!await this.#slots.take(WAIT_MS)) throw new SessionUnavailableError("too many wait for it");
    try {
      return await this.#fetch(cookies, WAIT_MS - (this.#now() - startedAt));
    } finally {
      this.#slots.release();
    }
  }

  async #fetch(cookies: string, ms: number): Promise<SessionAnswer | null> {
    const timeout = new AbortController();
    const tooSlow = new Error("no complete response within 2 s");
    const cancel = this.#clock.after(ms, () => timeout.abort(tooSlow));
    const signal = AbortSignal.any([timeout.signal, this.#closed.signal]);
    try {
      const answer = await askSession(this.#url, cookies, signal);
      if (this.#failing) logger.info("AUTH_SESSION_URL responds again");
      this.#failing = false;
      this.#unanswered = 0;
      return answer;
    } catch (error) {
      // What fails at once costs no time, and may be due to the cookie alone.
      if (timeout.signal.aborted) this.#unanswered += 1;
      else if (error instanceof UnreadableAnswerError) this.#unanswered = 0;
      if (!this.#closed.signal.aborted) this.#warn(error);
      throw new SessionUnavailableError("AUTH_SESSION_URL did not say", { cause: error });
    } finally {
      cancel();
    }
  }

  #warn(error: unknown): void {
    this.#failing = true;
    this.#warnings.run((count) =>
      logger.warn(
        "AUTH_SESSION_URL does not say whose session a cookie is ({count} since the last warning), its events are to be sent again: {reason}",
        { count, reason: explain(error) },
      )
    );
  }

  #remember(name: string, error: SessionUnavailableError | null, ms: number): void {
    this.#remembered.delete(name);
    this.#remembered.set(name, { error, until: this.#now() + ms });
    if (this.#remembered.size <= MAX_REMEMBERED) return;
    for (const earliest of this.#remembered.keys()) {
      this.#remembered.delete(earliest);
      break;
    }
  }

  #now(): number {
    return this.#clock.monotonic();
  }
}
