import { assertEquals, assertLess, assertMatch } from "../support/assert.ts";
import type { HttpResponse } from "../../src/simulate/responses.ts";
import { LatencyHistogram } from "../../src/simulate/latency_histogram.ts";
import { renderSummary, summarize } from "../../src/simulate/summary.ts";
import { RunStats } from "../../src/simulate/run_stats.ts";
import type { Expectation, PlannedRequest, Route } from "../../src/simulate/types.ts";
import { plainRequest } from "./support.ts";

const TRACKED = { eventId: null, tracked: true };
const RUN = { url: "http://sluice.test", seed: 1, seconds: 2 };

function response(status: number, body: unknown = TRACKED, replayed = false): HttpResponse {
  return { status, body: JSON.stringify(body), contentType: "application/json", replayed };
}

function request(route: Route, ...expectations: Expectation[]): PlannedRequest {
  const events = expectations.map((expect, i) => ({
    id: i + 1,
    body: { eventType: "page_viewed" },
    expect,
    resent: false,
  }));
  return plainRequest(1, { route, events });
}

function statsOf(...exchanges: [PlannedRequest, HttpResponse][]): RunStats {
  const stats = new RunStats();
  for (const [sent, received] of exchanges) {
    stats.recordSent(sent);
    stats.recordResponse(sent, received, 1);
  }
  return stats;
}

const fresh: Expectation = { kind: "new" };
const invalid: Expectation = { kind: "invalid", status: 412, reason: "too old" };

Deno.test("an invalid event that is accepted is a mismatch, and the run fails", () => {
  const summary = summarize(statsOf([request("rest", invalid), response(200)]), RUN);
  assertEquals([summary.ok, summary.mismatches, summary.accepted], [false, 1, 0]);
  assertMatch(renderSummary(summary, false), /1 of 1 events got an unexpected response:/);
  assertMatch(
    renderSummary(summary, false),
    /too old\) sent to rest: expected status 412, but it was accepted/,
  );
});

Deno.test("an invalid event must be rejected with the expected status", () => {
  assertEquals(statsOf([request("rest", invalid), response(412, {})]).mismatches, 0);
  assertEquals(statsOf([request("rest", invalid), response(400, {})]).mismatches, 1);
  assertEquals(statsOf([request("beacon", invalid), response(412, {})]).rejected, 1);
});

Deno.test("a valid event that is rejected is a mismatch at every endpoint", () => {
  for (const route of ["rest", "trpc", "batch", "beacon", "pixel"] as const) {
    assertEquals(statsOf([request(route, fresh), response(400, {})]).mismatches, 1, route);
    assertEquals(statsOf([request(route, fresh), response(500, {})]).mismatches, 1, route);
  }
});

Deno.test("the success response of each endpoint is recognised", () => {
  const gif = { ...response(200), contentType: "image/gif" };
  const exchanges: [Route, HttpResponse][] = [
    ["rest", response(200)],
    ["trpc", response(200, { result: { data: TRACKED } })],
    ["beacon", response(204)],
    ["pixel", gif],
  ];
  for (const [route, received] of exchanges) {
    const stats = statsOf([request(route, fresh), received]);
    assertEquals([stats.accepted, stats.mismatches], [1, 0], route);
  }
});

Deno.test("a response with an extra field is a mismatch", () => {
  const stats = statsOf([request("rest", fresh), response(200, { ...TRACKED, id: 1 })]);
  assertEquals(stats.mismatches, 1);
});

Deno.test("the events of a batch are counted one by one", () => {
  const results = [
    { index: 0, status: "fulfilled", data: TRACKED, error: null },
    { index: 1, status: "rejected", data: null, error: "props.occurred_at must not be older" },
    { index: 2, status: "rejected", data: null, error: "could not be stored; send it again" },
  ];
  const body = { total: 3, successful: 1, failed: 2, results };
  const stats = statsOf([request("batch", fresh, invalid, fresh), response(200, body)]);
  assertEquals(
    [stats.accepted, stats.rejected, stats.notStored, stats.mismatches],
    [1, 1, 1, 0],
  );
});

Deno.test("if the results of a batch do not match its events, all of them are mismatches", () => {
  const body = { total: 2, successful: 2, failed: 0, results: [] };
  assertEquals(statsOf([request("batch", fresh, fresh), response(200, body)]).mismatches, 2);
});

Deno.test("events that an overloaded service does not store are counted, and are no mismatch", () => {
  const stats = statsOf(
    [request("rest", fresh), response(429, {})],
    [request("rest", fresh), response(200, { eventId: null, tracked: false })],
  );
  assertEquals([stats.notStored, stats.accepted, stats.mismatches], [2, 0, 0]);
});

Deno.test("an event that is sent twice is accepted once, even if only the second attempt succeeds", () => {
  const [event] = plainRequest(1).events;
  const first = plainRequest(1, { events: event ? [{ ...event, resent: true }] : [] });
  const again = request("rest", { kind: "duplicate", of: 1 });
  assertEquals(statsOf([first, response(200)], [again, response(200)]).accepted, 1);
  assertEquals(statsOf([first, response(429, {})], [again, response(200)]).accepted, 1);
});

Deno.test("a replay must be marked as such, and nothing else may be", () => {
  const [event] = plainRequest(1).events;
  const first = plainRequest(1, { events: event ? [{ ...event, resent: true }] : [] });
  const again = request("rest", { kind: "replay", of: 1 });
  const replayed = response(200, TRACKED, true);
  assertEquals(statsOf([first, response(200)], [again, replayed]).mismatches, 0);
  assertEquals(statsOf([first, response(200)], [again, response(200)]).mismatches, 1);
  assertEquals(statsOf([first, replayed]).mismatches, 1);
});

Deno.test("LatencyHistogram returns percentiles exact to 1 %", () => {
  const latency = new LatencyHistogram();
  for (let ms = 1; ms <= 1000; ms++) latency.add(ms);
  for (const [p, ms] of [[0.5, 500], [0.95, 950], [0.99, 990]] as const) {
    const error = Math.abs(latency.percentile(p) - ms) / ms;
    assertLess(error, 0.011, `p${p} is ${latency.percentile(p)}`);
  }
  assertEquals(latency.max, 1000);
  assertEquals(new LatencyHistogram().percentile(0.99), 0);
});
