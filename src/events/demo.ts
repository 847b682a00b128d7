/** The data that the demo page reads. */

/** One stored event of the visitor's session. */
export interface DemoRow {
  readonly id: string;
  readonly event_type: string;
  /** Seconds from when it happened to when the service received it. */
  readonly seconds: number;
  readonly enriched: boolean;
  readonly browser: string | null;
  readonly os: string | null;
  readonly device_type: string | null;
  readonly country: string | null;
  readonly channel: string | null;
}

/** The response of `GET /demo/events`. */
export interface DemoEvents {
  /** Events in the buffer, of all visitors. */
  readonly buffered: number;
  /** Newest first, at most 50. */
  readonly rows: readonly DemoRow[];
}
