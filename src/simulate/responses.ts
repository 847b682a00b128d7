/** Reads the service's responses, event by event (contract sections 1 to 3). */

import { isWorthRepeating } from "../events/send_again.ts";
import type { PlannedRequest } from "./types.ts";

/** A response, as received. */
export interface HttpResponse {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  /** Whether it has the header `Idempotent-Replayed: true`. */
  readonly replayed: boolean;
}

/** The result of one event, as reported by the response. */
export type EventResult =
  /** Acknowledged. `replayed` is `null` at endpoints that do not report it. */
  | { readonly kind: "tracked"; readonly replayed: boolean | null }
  /** Rejected for good. `status` is `null` within a batch. */
  | { readonly kind: "rejected"; readonly status: number | null; readonly message: string }
  /** Not stored and to be sent again: the service is overloaded or its buffer unavailable. */
  | { readonly kind: "not_stored" }
  /** Not a response that the contract allows. */
  | { readonly kind: "malformed"; readonly reason: string };

/** Returns one result for each event of the request. */
export function readEventResults(request: PlannedRequest, response: HttpResponse): EventResult[] {
  const { events, route } = request;
  if (route === "batch" && response.status === 200) return readBatch(events.length, response);
  const result = route === "pixel" ? readPixel(response) : readSingle(request, response);
  return events.map(() => result);
}

function readPixel({ status, contentType }: HttpResponse): EventResult {
  return status === 200 && contentType === "image/gif"
    ? { kind: "tracked", replayed: null }
    : malformed(`the pixel responded ${status} ${contentType}`);
}

function readSingle({ route }: PlannedRequest, response: HttpResponse): EventResult {
  const { status, replayed } = response;
  if (status === 429 || status === 503) return { kind: "not_stored" };
  if (status >= 400 && status < 500) {
    return { kind: "rejected", status, message: response.body.slice(0, 200) };
  }
  if (route === "beacon" && status === 204) return { kind: "tracked", replayed: null };
  if (route === "beacon" || status !== 200) return malformed(`unexpected status ${status}`);
  const body = parseJson(response.body);
  const data = route === "trpc" ? property(property(body, "result"), "data") : body;
  const tracked = property(data, "tracked");
  if (typeof tracked !== "boolean" || !hasKeys(data, "eventId", "tracked")) {
    return malformed(`status 200 with ${response.body.slice(0, 120)}`);
  }
  return tracked ? { kind: "tracked", replayed } : { kind: "not_stored" };
}

function readBatch(count: number, response: HttpResponse): EventResult[] {
  const body = parseJson(response.body);
  const results = property(body, "results");
  const sum = Number(property(body, "successful")) + Number(property(body, "failed"));
  const isComplete = hasKeys(body, "total", "successful", "failed", "results") &&
    Array.isArray(results) && results.length === count &&
    property(body, "total") === count && sum === count;
  if (!isComplete) {
    const reason = `a batch of ${count} events got ${response.body.slice(0, 120)}`;
    return Array.from({ length: count }, () => malformed(reason));
  }
  return results.map(readResult);
}

function readResult(result: unknown, index: number): EventResult {
  const [status, data, error] = ["status", "data", "error"].map((name) => property(result, name));
  if (property(result, "index") !== index) {
    return malformed(`results[${index}] has the wrong index`);
  }
  if (status === "fulfilled" && property(data, "tracked") === true && error === null) {
    return { kind: "tracked", replayed: null };
  }
  if (status !== "rejected" || data !== null || typeof error !== "string") {
    return malformed(`results[${index}] is ${JSON.stringify(result)}`.slice(0, 160));
  }
  return isWorthRepeating(error)
    ? { kind: "not_stored" }
    : { kind: "rejected", status: null, message: error };
}

function malformed(reason: string): EventResult {
  return { kind: "malformed", reason };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** Whether an object has exactly these keys. */
function hasKeys(value: unknown, ...names: string[]): boolean {
  return typeof value === "object" && value !== null &&
    Object.keys(value).toSorted().join() === names.toSorted().join();
}
