/** A KV that fails on demand. */

import type { Kv } from "../../src/kv/port.ts";
import { aroundCommits, type CommitKind } from "./kv_commits.ts";

/** How a commit fails, if it does. */
export type CommitFault =
  /** Nothing is written, and the caller gets an error. */
  | "fails"
  /** Everything is written, but the caller gets an error. */
  | "applied but fails"
  /** Everything is written, and repeated, as by a client over a network that lost the response. */
  | "repeated"
  | null;

/** The faults of a KV; may be changed at any time. */
export interface KvFaults {
  /** Called before each commit. */
  commit: (kind: CommitKind) => CommitFault;
  /** Called before each `get` and `getMany`; true makes it fail. */
  read: () => boolean;
  /** Called before each entry of a list; true makes it fail. */
  list: () => boolean;
  /** Called before each operation; true makes it fail as if another process held the lock. */
  locked: () => boolean;
  /** Awaited before each `get` and `getMany`, to delay it. */
  beforeRead: () => Promise<void>;
  /** Awaited before each commit, to delay it. */
  beforeCommit: (kind: CommitKind) => Promise<void>;
}

/** No faults. */
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

/** Wraps a KV so that each operation fails as `faults` says at that moment. */
export function faultyKv<K extends Kv>(kv: K, faults: KvFaults): K {
  function throwIf(fails: boolean, message: string): void {
    if (faults.locked()) throw new Error("database is locked");
    if (fails) throw new Error(message);
  }
  const committing = aroundCommits(kv, async (kind, commit) => {
    await faults.beforeCommit(kind);
    const fault = faults.commit(kind);
    throwIf(fault === "fails", "the disk is full");
    const result = await commit();
    if (fault === "applied but fails") throw new Error("the result was lost");
    if (fault === "repeated") return await commit();
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
            throwIf(faults.list(), "the disk cannot be read");
            return await next();
          };
          return iterator;
        };
      }
      if (property !== "get" && property !== "getMany") return value;
      return async (...args: unknown[]) => {
        await faults.beforeRead();
        throwIf(faults.read(), "the disk cannot be read");
        return await Reflect.apply(target[property], target, args);
      };
    },
  });
}
