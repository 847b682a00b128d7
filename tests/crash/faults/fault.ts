/** What a row of the table of faults is: each is a test, and a line in the README. */

import type { Fixture } from "./fixture.ts";

/** What every client is told of events that come in while the fault lasts. */
export const CLIENT = {
  taken: "`tracked: true`",
  late: "`tracked: true`, later, and not before it is durable",
  notStored: "`tracked: false`: sends it again",
  doubt: "500: sends it again, with its key",
} as const;

/** What becomes of these events, seen from Postgres. */
export const STORED = {
  kept: "kept in KV while it lasts, then each once",
  atOnce: "each once, at once",
  onceMore: "written before the fault, tried again, each once",
  resent: "nothing while it lasts; what was sent again, once",
  resentOnce: "each once, with what was sent again",
} as const;

/** A fault under way. */
export interface Injected {
  /** Whether somebody ran into it. */
  felt(): boolean | Promise<boolean>;
  /** Makes it end. Never restarts the service. */
  end(): void | Promise<void>;
}

/** A row. */
export interface Fault {
  readonly of: "KV" | "Postgres" | "network";
  /** What goes wrong. */
  readonly what: string;
  /** How the test brings it about. */
  readonly by: string;
  readonly client: keyof typeof CLIENT;
  readonly stored: keyof typeof STORED;
  /** Whether it takes a real server (`TEST_DATABASE_URL`) to bring it about. */
  readonly server?: true;
  inject(fixture: Fixture): Injected | Promise<Injected>;
}
