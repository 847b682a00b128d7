import { assertEquals } from "../support/assert.ts";
import { interleave, toFigure } from "./figure.ts";

const measured = { part: "one", name: "a thing", unit: "things/s" } as const;

Deno.test("a ratio is taken for each pair of repeats, not of the medians", () => {
  const { ratio, value, limit } = toFigure({
    ...measured,
    values: [10, 40, 90],
    limit: { name: "the best", values: [20, 80, 60] },
  });
  assertEquals(value, { median: 40, min: 10, max: 90 });
  assertEquals(limit?.value.median, 60);
  assertEquals(ratio, { median: 0.5, min: 0.5, max: 1.5 });
});

Deno.test("a target is met at or above its minimum, or at or below its maximum", () => {
  const isMet = (value: number, target: { atLeast: number } | { atMost: number }) =>
    toFigure({ ...measured, values: [value], limit: { name: "l", values: [10] }, target }).met;
  assertEquals([isMet(15, { atLeast: 1.5 }), isMet(14, { atLeast: 1.5 })], [true, false]);
  assertEquals([isMet(30, { atMost: 3 }), isMet(31, { atMost: 3 })], [true, false]);
});

Deno.test("a figure without a limit has no ratio and meets no target", () => {
  const { limit, ratio, met } = toFigure({ ...measured, values: [1] });
  assertEquals([limit, ratio, met], [null, null, null]);
});

Deno.test("limit and service are measured alternately, each turn announced and its result told", async () => {
  const calls: string[] = [];
  const said: string[] = [];
  const turn = (name: string) => ({ name, measure: () => Promise.resolve(calls.push(name)) });
  const suite = { scale: { repeats: 2 }, progress: (text: string) => void said.push(text) };
  const rates = await interleave(suite, "things/s", [turn("limit"), turn("service")]);
  assertEquals(calls, ["limit", "service", "limit", "service"]);
  assertEquals(rates, [[1, 3], [2, 4]]);
  assertEquals(said.slice(0, 3), ["limit, 1 of 2", "limit: 1 things/s", "service, 1 of 2"]);
});

Deno.test("on a slow machine there are fewer repeats, but each has all turns", async () => {
  const turn = { name: "slow", measure: () => Promise.resolve(1) };
  const suite = { scale: { repeats: 5, maxSeconds: 0 }, progress() {} };
  assertEquals(await interleave(suite, "things/s", [turn, turn]), [[1], [1]]);
});
