import { assertEquals, assertMatch } from "../support/assert.ts";
import { Progress } from "../../src/simulate/progress.ts";
import { RunStats } from "../../src/simulate/run_stats.ts";
import { FakeClock } from "../support/clock.ts";
import { plainRequest } from "./support.ts";

async function writtenLines(isTerminal: boolean, colour: boolean): Promise<string[]> {
  const clock = new FakeClock();
  const stats = new RunStats();
  const written: string[] = [];
  const screen = { write: (text: string) => void written.push(text), isTerminal, colour };
  {
    using _progress = new Progress({ clock, screen, stats, inFlight: () => 2, seconds: 30 });
    for (let second = 0; second < 11; second++) {
      for (let i = 0; i < 7; i++) stats.recordSent(plainRequest(i));
      await clock.advance(1_000);
    }
  }
  assertEquals(clock.pending, 0);
  return written;
}

Deno.test("in a terminal, Progress rewrites its line every second and clears it at the end", async () => {
  const written = await writtenLines(true, true);
  assertEquals(written.length, 12);
  assertEquals(
    written[10],
    "\r\x1b[2K11/30 s  77 events  7/s  p95 0.0 ms  2 in flight  \x1b[32m0 unexpected\x1b[39m",
  );
  assertEquals(written[11], "\r\x1b[2K");
});

Deno.test("elsewhere, Progress writes a plain line every five seconds", async () => {
  const written = await writtenLines(false, false);
  assertEquals(written, [
    "5/30 s  35 events  7/s  p95 0.0 ms  2 in flight  0 unexpected\n",
    "10/30 s  70 events  7/s  p95 0.0 ms  2 in flight  0 unexpected\n",
  ]);
  for (const line of written) assertMatch(line, /^[ -~]+\n$/);
});
