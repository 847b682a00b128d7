/** Tells a KV's commits apart, so that a test can interfere with one kind. */

import { FLUSH_LEASE, outboxPrefix, SEGMENTS } from "../../src/kv/keys.ts";
import type { Kv, KvCommitError, KvCommitResult, KvKey } from "../../src/kv/port.ts";
import { ENRICHMENT } from "../../src/enrichment/consumer.ts";

/** The purpose of a commit. */
export type CommitKind =
  /** Appends events to the buffer. */
  | "append"
  /** Removes flushed events from the buffer. */
  | "flush"
  /** Only acquires, renews or releases the flush lease. */
  | "lease"
  /** Deletes enriched outbox records. */
  | "enrichment"
  | "other";

/** Wraps a KV so that `around` performs each commit and receives its kind. */
export function aroundCommits<K extends Kv>(
  kv: K,
  around: (
    kind: CommitKind,
    commit: () => Promise<KvCommitResult | KvCommitError>,
  ) => Promise<KvCommitResult | KvCommitError>,
): K {
  return new Proxy(kv, {
    get(target, property) {
      if (property !== "atomic") {
        const value = Reflect.get(target, property, target);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return () => {
        const operation = target.atomic();
        let kind: CommitKind = "other";
        const { set, commit } = operation;
        const remove = operation.delete;
        operation.set = (key, ...rest) => {
          if (isWithin(SEGMENTS, key)) kind = "append";
          if (isWithin(FLUSH_LEASE, key) && kind === "other") kind = "lease";
          return Reflect.apply(set, operation, [key, ...rest]);
        };
        operation.delete = (key) => {
          if (isWithin(SEGMENTS, key)) kind = "flush";
          if (isWithin(outboxPrefix(ENRICHMENT), key)) kind = "enrichment";
          if (isWithin(FLUSH_LEASE, key)) kind = "lease";
          return Reflect.apply(remove, operation, [key]);
        };
        operation.commit = () => around(kind, () => Reflect.apply(commit, operation, []));
        return operation;
      };
    },
  });
}

function isWithin(prefix: KvKey, key: KvKey): boolean {
  return prefix.every((part, i) => part === key[i]);
}
