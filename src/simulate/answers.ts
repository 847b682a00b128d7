/** Reads the service's answers, event by event (contract sections 1 to 3). */

import { isWorthRepeating } from "../events/send_again.ts";
import type { PlannedRequest } from "./types.ts";

/** An answer as it came. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly replayed: boolean;
}

/** What became of one event, as far as the answer tells. */
export type EventAnswer =
  /** Taken. `replayed` is `null` at endpoints that do not say. */
  | { readonly kind: "tracked"; readonly replayed: boolean | null }
  /** Refused for good. `status` is `null` within a batch. */
  | { readonly kind: "rejected"; readonly status: number | null; readonly message: string }
  /** Not stored, to be sent again: too busy, or the buffer away. */
  | { readonly kind: "turned_away" }
  /** No answer that the contract knows. */
  | { readonly kind: "broken"; readonly reason: string };

/** One answer for each event of the request. */
export function readAnswers(request: PlannedRequest, answer: HttpAnswer): EventAnswer[] {
  const { events, route } = request;
  if (route === "batch" && answer.status === 200) return readBatch(events.length, answer);
  const all = route === "pixel" ? readPixel(answer) : readOne(request, answer);
  return events.map(() => all);
}

function readPixel({ status, contentType }: HttpAnswer): EventAnswer {
  return status === 200 && contentType === "image/gif"
    ? { kind: "tracked", replayed: null }
    : broken(`the pixel answers ${status} ${contentType}`);
}

function readOne({ route }: PlannedRequest, answer: HttpAnswer): EventAnswer {
  const { status, replayed } = answer;
  if (status === 429 || status === 503) return { kind: "turned_away" };
  if (status >= 400 && status < 500) {
    return { kind: "rejected", status, message: answer.body.slice(0, 200) };
  }
  if (route === "beacon" && status === 204) return { kind: "tracked", replayed: null };
  if (route === "beacon" || status !== 200) return broken(`status ${status}`);
  const body = parse(answer.body);
  const data = route === "trpc" ? member(member(body, "result"), "data") : body;
  const tracked = member(data, "tracked");
  if (typeof tracked !== "boolean" || !hasKeys(data, "eventId", "tracked")) {
    return broken(`200 with ${answer.body.slice(0, 120)}`);
  }
  return tracked ? { kind: "tracked", replayed } : { kind: "turned_away" };
}

function readBatch(count: number, answer: HttpAnswer): EventAnswer[] {
  const body = parse(answer.body);
  const results = member(body, "results");
  const sum = Number(member(body, "successful")) + Number(member(body, "failed"));
  const whole = hasKeys(body, "total", "successful", "failed", "results") &&
    Array.isArray(results) && results.length === count &&
    member(body, "total") === count && sum === count;
  if (!whole) {
    const reason = `a batch of ${count} is answered with ${answer.body.slice(0, 120)}`;
    return Array.from({ length: count }, () => broken(reason));
  }
  return results.map(readResult);
}

function readResult(result: unknown, index: number): EventAnswer {
  const [status, data, error] = ["status", "data", "error"].map((name) => member(result, name));
  if (member(result, "index") !== index) return broken(`results[${index}] has another index`);
  if (status === "fulfilled" && member(data, "tracked") === true && error === null) {
    return { kind: "tracked", replayed: null };
  }
  if (status !== "rejected" || data !== null || typeof error !== "string") {
    return broken(`results[${index}] is ${JSON.stringify(result)}`.slice(0, 160));
  }
  return isWorthRepeating(error)
    ? { kind: "turned_away" }
    : { kind: "rejected", status: null, message: error };
}

function broken(reason: string): EventAnswer {
  return { kind: "broken", reason };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** No field more, none less. */
function hasKeys(value: unknown, ...names: string[]): boolean {
  return typeof value === "object" && value !== null &&
    Object.keys(value).toSorted().join() === names.toSorted().join();
}
