/** Counts what was sent and what came back. */

import { type HttpAnswer, readAnswers } from "./answers.ts";
import { Latency } from "./latency.ts";
import type { PlannedEvent, PlannedRequest } from "./types.ts";
import { mismatch } from "./verdict.ts";

/** How many different surprises are kept to be told. */
const MAX_EXAMPLES = 5;

/** The books of a run. */
export class Tally {
  readonly latency = new Latency();
  /** Answers by status; `0` counts requests without one. */
  readonly statuses = new Map<number, number>();
  /** The first few surprises. */
  readonly examples: string[] = [];
  requests = 0;
  /** Events sent, whatever became of them. */
  events = 0;
  /** Events sent, by what was expected of them. */
  readonly expected = { new: 0, duplicate: 0, replay: 0, invalid: 0 };
  /** Invalid events that were refused. */
  refused = 0;
  /** Events not stored, to be sent again. */
  turnedAway = 0;
  /** Events answered otherwise than they should have been, or not at all. */
  unexpected = 0;
  /** Events by themselves that were taken; the ones that are sent twice are in `#taken`. */
  #accepted = 0;
  /** Of the events that are sent twice, the ones taken at least once. */
  readonly #taken = new Set<number>();

  /** Different events that the service took: as many as should become rows. */
  get accepted(): number {
    return this.#accepted + this.#taken.size;
  }

  /** Enters a request that went out. */
  sent({ events }: PlannedRequest): void {
    this.requests++;
    this.events += events.length;
    for (const { expect } of events) this.expected[expect.kind]++;
  }

  /** Enters its answer. */
  answered(request: PlannedRequest, answer: HttpAnswer, ms: number): void {
    this.latency.add(ms);
    this.#count(answer.status);
    readAnswers(request, answer).forEach((eventAnswer, i) => {
      const event = request.events[i];
      if (event === undefined) return;
      const wrong = mismatch(request, event, eventAnswer, (id) => this.#taken.has(id));
      if (wrong !== null) this.#surprised(wrong, 1);
      if (eventAnswer.kind === "turned_away") this.turnedAway++;
      if (eventAnswer.kind === "rejected" && event.expect.kind === "invalid") this.refused++;
      if (eventAnswer.kind === "tracked") this.#take(event);
    });
  }

  /** Enters that no answer came. */
  failed({ events }: PlannedRequest, reason: string): void {
    this.#count(0);
    this.#surprised(`no answer: ${reason}`, events.length);
  }

  #take({ id, expect, repeated }: PlannedEvent): void {
    if (expect.kind === "duplicate" || expect.kind === "replay") this.#taken.add(expect.of);
    else if (repeated) this.#taken.add(id);
    else if (expect.kind === "new") this.#accepted++;
  }

  #count(status: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  #surprised(sentence: string, events: number): void {
    this.unexpected += events;
    if (this.examples.length < MAX_EXAMPLES && !this.examples.includes(sentence)) {
      this.examples.push(sentence);
    }
  }
}
