import { assertEquals } from "../support/assert.ts";
import { ServiceClock } from "../../src/server_sdk/service_clock.ts";

const DATE = "Sun, 01 Mar 2026 12:00:00 GMT";
const AT = Date.parse(DATE);

Deno.test("clocks that agree need no correction, however long a request takes", () => {
  const clock = new ServiceClock();
  for (const [sent, received] of [[0, 10], [999, 1_010], [-30_000, 900], [500, 20_000]] as const) {
    assertEquals(clock.update(DATE, AT + sent, AT + received), false);
    assertEquals(clock.offsetMs, 0);
  }
});

Deno.test("a clock that is ahead or behind is corrected, and goes on being so by other responses", () => {
  for (const offset of [3_600_000, -3_600_000]) {
    const clock = new ServiceClock();
    assertEquals(clock.update(DATE, AT + offset, AT + offset + 40), true);
    assertEquals(clock.offsetMs, offset + 40);
    assertEquals(clock.update(DATE, AT + offset - 100, AT + offset + 900), false);
    assertEquals(clock.update(DATE, AT + 100, AT + 200), true, "the clock was set");
    assertEquals(clock.offsetMs, 0);
  }
});

Deno.test("a response without a date changes nothing", () => {
  const clock = new ServiceClock();
  assertEquals([clock.update(null, AT, AT), clock.update("soon", AT, AT)], [false, false]);
});
