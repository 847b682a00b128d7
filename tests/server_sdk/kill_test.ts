/**
 * Senders in Node, Deno and Bun that share a spool are killed under load, and the service, too.
 *
 * `SLUICE_KILLS=50 deno task test tests/server_sdk/kill_test.ts` kills more often.
 */

import { assertEquals, assertGreater } from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { killSenders } from "./kills.ts";

const KILLS = Number(Deno.env.get("SLUICE_KILLS") ?? 8);
const SEED = Number(Deno.env.get("SLUICE_SEED") ?? Math.floor(Math.random() * 2 ** 31));

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

Deno.test(`each event whose promise resolved is one row, after ${KILLS} kills of its process`, async () => {
  const say = Deno.env.has("SLUICE_KILLS")
    ? (line: string) => Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`))
    : () => {};
  const result = await killSenders({ postgres, kills: KILLS, serviceEvery: 3, seed: SEED, say });
  const { lost, duplicated, end, promised, rows } = result;
  say(JSON.stringify({ ...result, seed: SEED }));
  const message = `seed ${SEED}; set SLUICE_SEED to reproduce`;
  assertEquals({ lost, duplicated }, { lost: [], duplicated: [] }, message);
  assertEquals(end, { rejected: 0, dropped: 0 }, message);
  assertGreater(promised, KILLS);
  assertGreater(rows + 1, promised);
  assertGreater(result.serviceKills, 0);
});
