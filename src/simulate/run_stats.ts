/** Counts what was sent and how the service responded. */

import { type HttpResponse, readEventResults } from "./responses.ts";
import { LatencyHistogram } from "./latency_histogram.ts";
import type { PlannedEvent, PlannedRequest } from "./types.ts";
import { findMismatch } from "./mismatch.ts";

/** How many distinct mismatches are kept for the summary. */
const MAX_EXAMPLES = 5;

/** The counters of a run. */
export class RunStats {
  readonly latency = new LatencyHistogram();
  /** Responses by status; `0` counts requests without a response. */
  readonly statuses = new Map<number, number>();
  /** The first few distinct mismatches. */
  readonly examples: string[] = [];
  requests = 0;
  /** Events sent, whatever the result. */
  events = 0;
  /** Events sent, by expected result. */
  readonly expected = { new: 0, duplicate: 0, replay: 0, invalid: 0 };
  /** Invalid events that were rejected. */
  rejected = 0;
  /** Events that the service asked to send again. */
  notStored = 0;
  /** Events whose result was not the expected one, or that got no response. */
  mismatches = 0;
  /** Accepted events that are sent once; `#acceptedResent` has those that are sent twice. */
  #accepted = 0;
  /** Ids of the events that are sent twice and were accepted at least once. */
  readonly #acceptedResent = new Set<number>();

  /** Distinct events that the service accepted, which is how many rows there should be. */
  get accepted(): number {
    return this.#accepted + this.#acceptedResent.size;
  }

  /** Counts a request that was sent. */
  recordSent({ events }: PlannedRequest): void {
    this.requests++;
    this.events += events.length;
    for (const { expect } of events) this.expected[expect.kind]++;
  }

  /** Counts the response to a request. */
  recordResponse(request: PlannedRequest, response: HttpResponse, ms: number): void {
    this.latency.add(ms);
    this.#countStatus(response.status);
    readEventResults(request, response).forEach((result, i) => {
      const event = request.events[i];
      if (event === undefined) return;
      const mismatch = findMismatch(request, event, result, (id) => this.#acceptedResent.has(id));
      if (mismatch !== null) this.#recordMismatch(mismatch, 1);
      if (result.kind === "not_stored") this.notStored++;
      if (result.kind === "rejected" && event.expect.kind === "invalid") this.rejected++;
      if (result.kind === "tracked") this.#recordAccepted(event);
    });
  }

  /** Counts a request that got no response. */
  recordFailure({ events }: PlannedRequest, reason: string): void {
    this.#countStatus(0);
    this.#recordMismatch(`no response: ${reason}`, events.length);
  }

  #recordAccepted({ id, expect, resent }: PlannedEvent): void {
    if (expect.kind === "duplicate" || expect.kind === "replay") {
      this.#acceptedResent.add(expect.of);
    } else if (resent) this.#acceptedResent.add(id);
    else if (expect.kind === "new") this.#accepted++;
  }

  #countStatus(status: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  #recordMismatch(description: string, events: number): void {
    this.mismatches += events;
    if (this.examples.length < MAX_EXAMPLES && !this.examples.includes(description)) {
      this.examples.push(description);
    }
  }
}
