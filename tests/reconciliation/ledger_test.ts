import { assertEquals } from "../support/assert.ts";
import { FakeClock } from "../support/clock.ts";
import { faultyKv, noFaults } from "../support/faulty_kv.ts";
import { openTestKv } from "../support/kv.ts";
import { Ledger } from "../../src/reconciliation/ledger.ts";
import { OUTCOME_KINDS } from "../../src/events/outcome.ts";
import { readBalance } from "../../src/kv/counter.ts";
import { until } from "../support/until.ts";

const nothing = {
  received: 0,
  not_accepted: 0,
  accepted: 0,
  duplicates: 0,
  rejected: 0,
  buffered: 0,
  stored: 0,
  replays: 0,
  dead_letters: 0,
  set_aside: 0,
};

Deno.test("every outcome but acceptance is added to one of two counters, within seconds", async () => {
  await using opened = await openTestKv();
  const clock = new FakeClock();
  const ledger = new Ledger({ kv: opened.kv, clock });
  for (const kind of OUTCOME_KINDS) ledger.add(kind);
  assertEquals(await readBalance(opened.kv), nothing);
  await clock.advance(5_000);
  const count = OUTCOME_KINDS.length - 1;
  const expected = {
    ...nothing,
    received: count,
    not_accepted: count,
    duplicates: 2,
    rejected: count - 2,
  };
  await until(
    async () => (await readBalance(opened.kv)).received === count,
    "the ledger to be written",
  );
  assertEquals(await readBalance(opened.kv), expected);
  await ledger.write();
  assertEquals(await readBalance(opened.kv), expected, "added once");
  assertEquals(clock.pending, 0);
});

Deno.test("counts that KV fails to store are added with the next write", async () => {
  await using opened = await openTestKv();
  const faults = noFaults();
  const ledger = new Ledger({ kv: faultyKv(opened.kv, faults), clock: new FakeClock() });
  faults.commit = () => "fails";
  ledger.add("duplicate");
  await ledger.write();
  assertEquals(await readBalance(opened.kv), nothing);
  faults.commit = () => null;
  ledger.add("invalid");
  await ledger.write();
  assertEquals(await readBalance(opened.kv), {
    ...nothing,
    received: 2,
    not_accepted: 2,
    duplicates: 1,
    rejected: 1,
  });
});
