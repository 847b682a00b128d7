/** A KV that misbehaves when a test wants it to. */

import type { Kv } from "../../src/kv/port.ts";
import { aroundCommits, type CommitKind } from "./kv_commits.ts";

/** What goes wrong with a commit, if anything. */
export type CommitFault =
  /** Nothing is written, the caller sees an error. */
  | "fails"
  /** Everything is written, the caller sees an error all the same. */
  | "applied but fails"
  | null;

/** The faults of a KV, to be changed at any time. */
export interface KvFaults {
  /** Asked before each commit. */
  commit: (kind: CommitKind) => CommitFault;
  /** Asked before each read of a single key or several; true makes it fail. */
  read: () => boolean;
  /** Asked before each entry of a list; true makes it fail. */
  list: () => boolean;
  /** Asked before each read, list and commit; true makes it fail as one that another process locks. */
  locked: () => boolean;
  /** Awaited before each read of a single key or several, to hold it back. */
  beforeRead: () => Promise<void>;
  /** Awaited before each commit, to hold it back. */
  beforeCommit: (kind: CommitKind) => Promise<void>;
}

/** No faults at all. */
export function noFaults(): KvFaults {
  return {
    commit: () => null,
    read: () => false,
    list: () => false,
    locked: () => false,
    beforeRead: () => Promise.resolve(),
    beforeCommit: () => Promise.resolve(),
  };
}

/** Wraps a KV so that it fails as `faults` says at that moment. */
export function faultyKv<K extends Kv>(kv: K, faults: KvFaults): K {
  function complain(fails: boolean, message: string): void {
    if (faults.locked()) throw new Error("database is locked");
    if (fails) throw new Error(message);
  }
  const committing = aroundCommits(kv, async (kind, commit) => {
    await faults.beforeCommit(kind);
    const fault = faults.commit(kind);
    complain(fault === "fails", "the disk is full");
    const result = await commit();
    if (fault === "applied but fails") throw new Error("the answer got lost");
    return result;
  });
  return new Proxy(committing, {
    get(target, property) {
      const value = Reflect.get(target, property);
      if (property === "list") {
        return (...args: Parameters<Kv["list"]>) => {
          const iterator = target.list(...args);
          const next = iterator.next.bind(iterator);
          iterator.next = async () => {
            complain(faults.list(), "the disk cannot be read");
            return await next();
          };
          return iterator;
        };
      }
      if (property !== "get" && property !== "getMany") return value;
      return async (...args: unknown[]) => {
        await faults.beforeRead();
        complain(faults.read(), "the disk cannot be read");
        return await Reflect.apply(target[property], target, args);
      };
    },
  });
}
