/** Faults of KV, injected by a wrapper around it. */

import type { CommitKind } from "../../support/kv_commits.ts";
import type { CommitFault, KvFaults } from "../../support/faulty_kv.ts";
import { FLUSH_LEASE } from "../../../src/kv/keys.ts";
import type { Fault, Injected } from "./fault.ts";
import type { Fixture } from "./fixture.ts";

const COMMIT_MS = 2_000;
const LOCKED_MS = 1_000;

/** Injects faults. `make` gets a function to call when the service runs into one. */
function inject(
  { kvFaults }: Fixture,
  make: (hit: () => void) => Partial<KvFaults>,
): Injected {
  let hits = 0;
  const before = { ...kvFaults };
  Object.assign(kvFaults, make(() => hits += 1));
  return { wasHit: () => hits > 0, end: () => void Object.assign(kvFaults, before) };
}

/** Makes commits of a kind fail: all of them, or the first `times`. */
function commits(
  fixture: Fixture,
  kind: CommitKind,
  fault: CommitFault,
  times = Infinity,
): Injected {
  let left = times;
  return inject(fixture, (hit) => ({
    commit(actual) {
      if (actual !== kind || left <= 0) return null;
      left -= 1;
      hit();
      return fault;
    },
  }));
}

/** All faults of KV. */
export const IN_KV: readonly Fault[] = [
  {
    where: "KV",
    problem: "no commit succeeds (disk full)",
    injection: "each commit of events throws and writes nothing",
    response: "notStored",
    stored: "onRetry",
    inject: (fixture) => commits(fixture, "append", "fails"),
  },
  {
    where: "KV",
    problem: "a commit fails twice",
    injection: "the first two commits of events throw and write nothing",
    response: "accepted",
    stored: "duringFault",
    inject: (fixture) => commits(fixture, "append", "fails", 2),
  },
  {
    where: "KV",
    problem: "the result of a commit is lost",
    injection: "each commit of events is applied, then throws",
    response: "accepted",
    stored: "duringFault",
    inject: (fixture) => commits(fixture, "append", "applied but fails"),
  },
  {
    where: "KV",
    problem: "the result of a commit is lost, and keys cannot be read",
    injection: "each commit of events is applied, then throws; each `get` throws",
    response: "inDoubt",
    stored: "inDoubt",
    inject: (fixture) =>
      inject(fixture, (hit) => ({
        commit: (kind) => kind === "append" ? "applied but fails" : null,
        read() {
          hit();
          return true;
        },
      })),
  },
  {
    where: "KV",
    problem: "slow commits",
    injection: `each commit takes ${COMMIT_MS / 1000} s`,
    response: "delayed",
    stored: "duringFault",
    inject: (fixture) =>
      inject(fixture, (hit) => ({
        async beforeCommit() {
          hit();
          await new Promise((resolve) => setTimeout(resolve, COMMIT_MS));
        },
      })),
  },
  {
    where: "KV",
    problem: "locked by another process",
    injection: `every operation throws “database is locked” for ${LOCKED_MS / 1000} s`,
    fileOnly: true,
    response: "delayed",
    stored: "duringFault",
    inject: (fixture) => {
      const until = Date.now() + LOCKED_MS;
      return inject(fixture, (hit) => ({
        locked() {
          hit();
          return Date.now() < until;
        },
      }));
    },
  },
  {
    where: "KV",
    problem: "single keys cannot be read",
    injection: "each `get` throws",
    response: "accepted",
    stored: "afterwards",
    inject: (fixture) =>
      inject(fixture, (hit) => ({
        read() {
          hit();
          return true;
        },
      })),
  },
  {
    where: "KV",
    problem: "the buffer cannot be listed",
    injection: "each `list` throws",
    response: "accepted",
    stored: "afterwards",
    inject: (fixture) =>
      inject(fixture, (hit) => ({
        list() {
          hit();
          return true;
        },
      })),
  },
  {
    where: "KV",
    problem: "the lease cannot be acquired",
    injection: "each commit of the lease throws",
    response: "accepted",
    stored: "afterwards",
    inject: (fixture) => commits(fixture, "lease", "fails"),
  },
  {
    where: "KV",
    problem: "the flush cannot be committed after the insert",
    injection: "the flush's commit throws and writes nothing",
    response: "accepted",
    stored: "insertRetried",
    inject: (fixture) => commits(fixture, "flush", "fails"),
  },
  {
    where: "KV",
    problem: "the result of the flush's commit is lost",
    injection: "the flush's commit is applied, then throws",
    response: "accepted",
    stored: "duringFault",
    inject: (fixture) => commits(fixture, "flush", "applied but fails", 1),
  },
  {
    where: "KV",
    problem: "the lease is lost during a flush",
    injection: "a foreign lease is written before the flush's commit",
    response: "accepted",
    stored: "insertRetried",
    inject: (fixture) =>
      inject(fixture, (hit) => ({
        async beforeCommit(kind) {
          if (kind !== "flush") return;
          const foreign = { owner: "another", expiresAt: Date.now() + 300 };
          await fixture.sluice.kv.set(FLUSH_LEASE, foreign);
          hit();
        },
      })),
  },
  {
    where: "KV",
    problem: "enriched outbox records cannot be deleted",
    injection: "the commit that deletes them throws and writes nothing",
    response: "accepted",
    stored: "duringFault",
    inject: (fixture) => commits(fixture, "enrichment", "fails"),
  },
];
