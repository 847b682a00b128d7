/** Faults of the KV, by a wrapper around it. */

import type { CommitKind } from "../../support/kv_commits.ts";
import type { CommitFault, KvFaults } from "../../support/faulty_kv.ts";
import { FLUSH_LEASE } from "../../../src/kv/keys.ts";
import type { Fault, Injected } from "./fault.ts";
import type { Fixture } from "./fixture.ts";

const LATE_MS = 2_000;
const LOCKED_MS = 1_000;

/** Puts faults in, counts what runs into them, and takes them away. */
function inject(
  { kvFaults }: Fixture,
  make: (feel: () => void) => Partial<KvFaults>,
): Injected {
  let felt = 0;
  const before = { ...kvFaults };
  Object.assign(kvFaults, make(() => felt += 1));
  return { felt: () => felt > 0, end: () => void Object.assign(kvFaults, before) };
}

/** Commits of a kind have a fault: all of them, or the first so many. */
function commits(
  fixture: Fixture,
  kind: CommitKind,
  fault: CommitFault,
  times = Infinity,
): Injected {
  let left = times;
  return inject(fixture, (feel) => ({
    commit(of) {
      if (of !== kind || left <= 0) return null;
      left -= 1;
      feel();
      return fault;
    },
  }));
}

/** All faults of the KV. */
export const IN_KV: readonly Fault[] = [
  {
    of: "KV",
    what: "no commit succeeds (disk full)",
    by: "each commit of events throws, nothing is written",
    client: "notStored",
    stored: "resent",
    inject: (fixture) => commits(fixture, "append", "fails"),
  },
  {
    of: "KV",
    what: "a commit fails twice",
    by: "the first two commits of events throw, nothing is written",
    client: "taken",
    stored: "atOnce",
    inject: (fixture) => commits(fixture, "append", "fails", 2),
  },
  {
    of: "KV",
    what: "the answer to a commit gets lost",
    by: "each commit of events is applied, then throws",
    client: "taken",
    stored: "atOnce",
    inject: (fixture) => commits(fixture, "append", "applied but fails"),
  },
  {
    of: "KV",
    what: "the answer to a commit gets lost, and nothing can be read",
    by: "commits of events are applied, then throw; each `get` throws",
    client: "doubt",
    stored: "resentOnce",
    inject: (fixture) =>
      inject(fixture, (feel) => ({
        commit: (kind) => kind === "append" ? "applied but fails" : null,
        read() {
          feel();
          return true;
        },
      })),
  },
  {
    of: "KV",
    what: "slow",
    by: `each commit takes ${LATE_MS / 1000} s`,
    client: "late",
    stored: "atOnce",
    inject: (fixture) =>
      inject(fixture, (feel) => ({
        async beforeCommit() {
          feel();
          await new Promise((resolve) => setTimeout(resolve, LATE_MS));
        },
      })),
  },
  {
    of: "KV",
    what: "locked by another process",
    by: `every operation throws “database is locked” for ${LOCKED_MS / 1000} s`,
    client: "late",
    stored: "atOnce",
    inject: (fixture) => {
      const until = Date.now() + LOCKED_MS;
      return inject(fixture, (feel) => ({
        locked() {
          feel();
          return Date.now() < until;
        },
      }));
    },
  },
  {
    of: "KV",
    what: "single keys cannot be read",
    by: "each `get` throws",
    client: "taken",
    stored: "kept",
    inject: (fixture) =>
      inject(fixture, (feel) => ({
        read() {
          feel();
          return true;
        },
      })),
  },
  {
    of: "KV",
    what: "the buffer cannot be listed",
    by: "each `list` throws",
    client: "taken",
    stored: "kept",
    inject: (fixture) =>
      inject(fixture, (feel) => ({
        list() {
          feel();
          return true;
        },
      })),
  },
  {
    of: "KV",
    what: "the lease cannot be taken",
    by: "each commit of the lease throws",
    client: "taken",
    stored: "kept",
    inject: (fixture) => commits(fixture, "lease", "fails"),
  },
  {
    of: "KV",
    what: "the flush cannot be committed after the insert",
    by: "the flush's commit throws, nothing is written",
    client: "taken",
    stored: "onceMore",
    inject: (fixture) => commits(fixture, "flush", "fails"),
  },
  {
    of: "KV",
    what: "the answer to the flush's commit gets lost",
    by: "the flush's commit is applied, then throws",
    client: "taken",
    stored: "atOnce",
    inject: (fixture) => commits(fixture, "flush", "applied but fails", 1),
  },
  {
    of: "KV",
    what: "the lease is lost in the middle of a flush",
    by: "another owner's lease is written before the flush's commit",
    client: "taken",
    stored: "onceMore",
    inject: (fixture) =>
      inject(fixture, (feel) => ({
        async beforeCommit(kind) {
          if (kind !== "flush") return;
          const foreign = { owner: "another", expiresAt: Date.now() + 300 };
          await fixture.sluice.kv.set(FLUSH_LEASE, foreign);
          feel();
        },
      })),
  },
  {
    of: "KV",
    what: "enriched records cannot be deleted",
    by: "the commit that deletes them throws, nothing is written",
    client: "taken",
    stored: "atOnce",
    inject: (fixture) => commits(fixture, "enrichment", "fails"),
  },
];
