/** The type of a fault. Each fault is a test and a row of the table in `tests/crash/README.md`. */

import type { Fixture } from "./fixture.ts";

/** The response to events sent during the fault. */
export const RESPONSE = {
  accepted: "`tracked: true`",
  delayed: "`tracked: true`, once it is durable",
  delivered: "`tracked: true`, sooner or later",
  notStored: "`tracked: false`; the client retries",
  inDoubt: "500; the client retries with its key",
} as const;

/** What happens to these events in Postgres. */
export const STORED = {
  afterwards: "once each, after the fault",
  duringFault: "once each, during the fault",
  insertRetried: "once each, although the insert is repeated",
  onRetry: "once each, when retried",
  inDoubt: "once each, although retried",
} as const;

/** An injected fault. */
export interface Injected {
  /** Whether the service has run into it. */
  wasHit(): boolean | Promise<boolean>;
  /** Ends the fault, without restarting the service. */
  end(): void | Promise<void>;
}

/** A fault: how to inject it, and what to expect. */
export interface Fault {
  readonly where: "KV" | "denokv" | "KV in PostgreSQL" | "Postgres" | "network";
  /** What goes wrong. */
  readonly problem: string;
  /** How the test injects it. */
  readonly injection: string;
  readonly response: keyof typeof RESPONSE;
  readonly stored: keyof typeof STORED;
  /** Whether it happens to a KV in a file alone. */
  readonly fileOnly?: true;
  /** Whether it needs a real server (`TEST_DATABASE_URL`). */
  readonly server?: true;
  inject(fixture: Fixture): Injected | Promise<Injected>;
}
