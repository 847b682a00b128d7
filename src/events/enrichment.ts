/** What enrichment adds to an event, and the port through which it leaves. */

/** What a user agent tells; `null` for what it does not. */
export interface UserAgentFacts {
  readonly browser: string | null;
  readonly browser_version: string | null;
  readonly os: string | null;
  readonly os_version: string | null;
  /** `desktop`, `mobile`, `tablet`, `smarttv`, `console`, `wearable` or `embedded`. */
  readonly device_type: string | null;
}

/** One row of `event_enrichments` (contract 7.2), as far as it is known. */
export interface Enrichment extends UserAgentFacts {
  readonly event_id: string;
  readonly occurred_at: string;
  readonly entity_status: "none" | "unchecked";
}

/** Where enrichments go. Writing the same ones again must change nothing. */
export interface EnrichmentSink {
  write(enrichments: readonly Enrichment[]): Promise<void>;
}
