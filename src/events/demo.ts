/** What the demo's page asks the service for. */

/** A row of the visitor's session. */
export interface DemoRow {
  readonly id: string;
  readonly event_type: string;
  /** From when it happened to when the service had it. */
  readonly seconds: number;
  readonly enriched: boolean;
  readonly browser: string | null;
  readonly os: string | null;
  readonly device_type: string | null;
  readonly country: string | null;
  readonly channel: string | null;
}

/** The answer of `GET /demo/events`. */
export interface DemoEvents {
  /** Events in the buffer, of everybody. */
  readonly buffered: number;
  /** Newest first, 50 at the most. */
  readonly rows: readonly DemoRow[];
}
