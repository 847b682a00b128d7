import { assertEquals, assertMatch } from "../support/assert.ts";
import type { HttpAnswer } from "../../src/simulate/answers.ts";
import { Latency } from "../../src/simulate/latency.ts";
import { renderSummary, summarize } from "../../src/simulate/summary.ts";
import { Tally } from "../../src/simulate/tally.ts";
import type { Expectation, PlannedRequest, Route } from "../../src/simulate/types.ts";
import { plainRequest } from "./support.ts";

const TRACKED = { eventId: null, tracked: true };
const RUN = { url: "http://sluice.test", seed: 1, seconds: 2 };

function answer(status: number, body: unknown = TRACKED, replayed = false): HttpAnswer {
  return { status, body: JSON.stringify(body), contentType: "application/json", replayed };
}

function request(route: Route, ...expectations: Expectation[]): PlannedRequest {
  const events = expectations.map((expect, i) => ({
    id: i + 1,
    body: { eventType: "page_viewed" },
    expect,
    repeated: false,
  }));
  return plainRequest(1, { route, events });
}

function tallyOf(...exchanges: [PlannedRequest, HttpAnswer][]): Tally {
  const tally = new Tally();
  for (const [sent, got] of exchanges) {
    tally.sent(sent);
    tally.answered(sent, got, 1);
  }
  return tally;
}

const fresh: Expectation = { kind: "new" };
const invalid: Expectation = { kind: "invalid", status: 412, flaw: "too old" };

Deno.test("an invalid event that is answered 200 is unexpected, and the run is not fine", () => {
  const summary = summarize(tallyOf([request("rest", invalid), answer(200)]), RUN);
  assertEquals([summary.ok, summary.unexpected, summary.accepted], [false, 1, 0]);
  assertMatch(renderSummary(summary, false), /1 of 1 events were not answered as they should be/);
  assertMatch(renderSummary(summary, false), /too old\) by rest was taken, not refused with 412/);
});

Deno.test("an invalid event has to be refused with its own status", () => {
  assertEquals(tallyOf([request("rest", invalid), answer(412, {})]).unexpected, 0);
  assertEquals(tallyOf([request("rest", invalid), answer(400, {})]).unexpected, 1);
  assertEquals(tallyOf([request("beacon", invalid), answer(412, {})]).refused, 1);
});

Deno.test("a valid event that is refused is unexpected, whatever the endpoint", () => {
  for (const route of ["rest", "trpc", "batch", "beacon", "pixel"] as const) {
    assertEquals(tallyOf([request(route, fresh), answer(400, {})]).unexpected, 1, route);
    assertEquals(tallyOf([request(route, fresh), answer(500, {})]).unexpected, 1, route);
  }
});

Deno.test("each endpoint's own answer is known", () => {
  const gif = { ...answer(200), contentType: "image/gif" };
  const exchanges: [Route, HttpAnswer][] = [
    ["rest", answer(200)],
    ["trpc", answer(200, { result: { data: TRACKED } })],
    ["beacon", answer(204)],
    ["pixel", gif],
  ];
  for (const [route, got] of exchanges) {
    const tally = tallyOf([request(route, fresh), got]);
    assertEquals([tally.accepted, tally.unexpected], [1, 0], route);
  }
});

Deno.test("an answer with a field more than the contract has is unexpected", () => {
  const tally = tallyOf([request("rest", fresh), answer(200, { ...TRACKED, id: 1 })]);
  assertEquals(tally.unexpected, 1);
});

Deno.test("a batch is judged event by event", () => {
  const results = [
    { index: 0, status: "fulfilled", data: TRACKED, error: null },
    { index: 1, status: "rejected", data: null, error: "props.occurred_at must not be older" },
    { index: 2, status: "rejected", data: null, error: "could not be stored; send it again" },
  ];
  const body = { total: 3, successful: 1, failed: 2, results };
  const tally = tallyOf([request("batch", fresh, invalid, fresh), answer(200, body)]);
  assertEquals(
    [tally.accepted, tally.refused, tally.turnedAway, tally.unexpected],
    [1, 1, 1, 0],
  );
});

Deno.test("a batch whose results do not match its events is unexpected as a whole", () => {
  const body = { total: 2, successful: 2, failed: 0, results: [] };
  assertEquals(tallyOf([request("batch", fresh, fresh), answer(200, body)]).unexpected, 2);
});

Deno.test("events that a busy service turns away are counted, and nothing is wrong", () => {
  const tally = tallyOf(
    [request("rest", fresh), answer(429, {})],
    [request("rest", fresh), answer(200, { eventId: null, tracked: false })],
  );
  assertEquals([tally.turnedAway, tally.accepted, tally.unexpected], [2, 0, 0]);
});

Deno.test("an event that is sent twice is accepted once, even if only the second try is taken", () => {
  const [event] = plainRequest(1).events;
  const first = plainRequest(1, { events: event ? [{ ...event, repeated: true }] : [] });
  const again = request("rest", { kind: "duplicate", of: 1 });
  assertEquals(tallyOf([first, answer(200)], [again, answer(200)]).accepted, 1);
  assertEquals(tallyOf([first, answer(429, {})], [again, answer(200)]).accepted, 1);
});

Deno.test("a replay has to say that it is one, and nothing else may", () => {
  const [event] = plainRequest(1).events;
  const first = plainRequest(1, { events: event ? [{ ...event, repeated: true }] : [] });
  const again = request("rest", { kind: "replay", of: 1 });
  const replayed = answer(200, TRACKED, true);
  assertEquals(tallyOf([first, answer(200)], [again, replayed]).unexpected, 0);
  assertEquals(tallyOf([first, answer(200)], [again, answer(200)]).unexpected, 1);
  assertEquals(tallyOf([first, replayed]).unexpected, 1);
});

Deno.test("Latency tells percentiles to 1 %", () => {
  const latency = new Latency();
  for (let ms = 1; ms <= 1000; ms++) latency.add(ms);
  for (const [p, ms] of [[0.5, 500], [0.95, 950], [0.99, 990]] as const) {
    const error = Math.abs(latency.percentile(p) - ms) / ms;
    assertEquals(error < 0.011, true, `p${p} is ${latency.percentile(p)}`);
  }
  assertEquals(latency.max, 1000);
  assertEquals(new Latency().percentile(0.99), 0);
});
