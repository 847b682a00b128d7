/**
 * Compares the claims of two processes on one KV with a model of contract 2.1–2.4 and 5.1–5.5, for any
 * interleaving of events, flushes, restarts, expiry, clock jumps and commits whose results are lost.
 */

import fc from "fast-check";
import type { GroupCommitOptions } from "../../src/buffer/group_commit.ts";
import { CONNECT_LIMITS, LOCAL_LIMITS, MANAGED_LIMITS } from "../../src/kv/limits.ts";
import { KV_CONNECT, openConnectedKv } from "../support/denokv.ts";
import { openTestPostgresKv } from "../support/postgres_kv.ts";
import { type Burst, ClaimsModel, type ModelOptions } from "./claims_model.ts";

const arrival = fc.record({
  process: fc.nat(1),
  /** By key, or by fingerprint. */
  isKeyed: fc.boolean(),
  identity: fc.nat(5),
  content: fc.constantFrom(0, 0, 0, 1),
  turns: fc.nat(2),
});

const burst: fc.Arbitrary<Burst> = fc.record({
  arrivals: fc.array(arrival, { minLength: 1, maxLength: 12 }),
  fault: fc.constantFrom(null, null, null, "fails" as const, "applied but fails" as const),
  flushes: fc.constantFrom(false, false, false, true),
});

const step = fc.oneof(
  { weight: 8, arbitrary: burst.map((burst) => ({ kind: "burst" as const, burst })) },
  { weight: 3, arbitrary: fc.constant({ kind: "flush" as const }) },
  { weight: 2, arbitrary: fc.nat(1).map((process) => ({ kind: "restart" as const, process })) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(1, 30, 70, 900, 1_700, 3_700)
      .map((seconds) => ({ kind: "wait" as const, seconds })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-7_200, -1_000, -30, 30, 1_000, 7_200)
      .map((seconds) => ({ kind: "jump" as const, seconds })),
  },
);

interface Way extends Partial<ModelOptions> {
  readonly options: Partial<GroupCommitOptions>;
  readonly numRuns?: number;
}

/** Small groups, so that duplicates are in different ones. */
const SMALL_GROUPS = { ...CONNECT_LIMITS, groupSize: 2, claimsPerCommit: 2, commitsInFlight: 4 };

const WAYS = {
  "in a log": { options: { limits: LOCAL_LIMITS } },
  "by keys": { options: { limits: MANAGED_LIMITS } },
  "by keys of several groups in flight": { options: { limits: SMALL_GROUPS } },
  [`by keys on ${KV_CONNECT}`]: {
    options: { limits: SMALL_GROUPS },
    open: () => openConnectedKv(),
    numRuns: 10,
  },
  "by keys in PostgreSQL": {
    options: { limits: SMALL_GROUPS },
    open: openTestPostgresKv,
    numRuns: 5,
  },
  "in a log that a process remembers in part": {
    options: { limits: LOCAL_LIMITS, maxKeysInMemory: 5 },
    forgets: true,
  },
  "in a log, with keys that share their hashes,": {
    options: { limits: LOCAL_LIMITS, hashKey: badHash },
  },
};

for (const [how, { options, numRuns = 30, ...way }] of Object.entries<Way>(WAYS)) {
  Deno.test({
    name:
      `2.1 2.2 2.3 2.4 5.2 5.4 claims ${how} are those of the model, however two processes interleave`,
    async fn() {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
          await using model = await ClaimsModel.open(options, way);
          for (const step of steps) {
            if (step.kind === "burst") await model.send(step.burst);
            else if (step.kind === "flush") await model.flush();
            else if (step.kind === "restart") await model.restart(step.process);
            else if (step.kind === "wait") await model.wait(step.seconds);
            else model.jump(step.seconds);
          }
          await model.checkRows();
        }),
        { numRuns },
      );
    },
  });
}

/** Half of all keys share a hash. */
function badHash(keys: Uint32Array, offset: number): number[] {
  return [1, (keys[offset + 3] ?? 0) % 2];
}
