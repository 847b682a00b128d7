/** A KV that misbehaves when a test wants it to. */

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
  commit: () => CommitFault;
  /** Asked before each read of a single key or several; true makes it fail. */
  read: () => boolean;
  /** Awaited before each commit, to hold it back. */
  beforeCommit: () => Promise<void>;
}

/** No faults at all. */
export function noFaults(): KvFaults {
  return { commit: () => null, read: () => false, beforeCommit: () => Promise.resolve() };
}

/** Wraps a KV so that it fails as `faults` says at that moment. */
export function faultyKv(kv: Deno.Kv, faults: KvFaults): Deno.Kv {
  return new Proxy(kv, {
    get(target, property) {
      if (property === "atomic") {
        return () => {
          const operation = target.atomic();
          const commit = operation.commit.bind(operation);
          operation.commit = async () => {
            await faults.beforeCommit();
            const fault = faults.commit();
            if (fault === "fails") throw new Error("the disk is full");
            const result = await commit();
            if (fault === "applied but fails") throw new Error("the answer got lost");
            return result;
          };
          return operation;
        };
      }
      const value = Reflect.get(target, property, target);
      if (typeof value !== "function") return value;
      if (property !== "get" && property !== "getMany") return value.bind(target);
      return (...args: unknown[]) => {
        if (faults.read()) return Promise.reject(new Error("the disk cannot be read"));
        return Reflect.apply(value, target, args);
      };
    },
  });
}
