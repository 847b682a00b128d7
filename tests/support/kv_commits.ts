/** A KV whose commits a test can tell apart and stand in the way of. */

/** What a commit is for. */
export type CommitKind =
  /** Makes events durable. */
  | "append"
  /** Takes flushed events out of the buffer. */
  | "flush"
  /** Takes, renews or gives back the flush lease, and nothing else. */
  | "lease"
  /** Deletes enriched records. */
  | "enrichment"
  | "other";

/** Wraps a KV so that each commit is done by `around`, which is told its kind. */
export function aroundCommits(
  kv: Deno.Kv,
  around: (
    kind: CommitKind,
    commit: () => Promise<Deno.KvCommitResult | Deno.KvCommitError>,
  ) => Promise<Deno.KvCommitResult | Deno.KvCommitError>,
): Deno.Kv {
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
          if (key[0] === "segment") kind = "append";
          if (key[0] === "lease" && kind === "other") kind = "lease";
          return Reflect.apply(set, operation, [key, ...rest]);
        };
        operation.delete = (key) => {
          if (key[0] === "segment") kind = "flush";
          if (key[0] === "outbox") kind = "enrichment";
          if (key[0] === "lease") kind = "lease";
          return Reflect.apply(remove, operation, [key]);
        };
        operation.commit = () => around(kind, () => Reflect.apply(commit, operation, []));
        return operation;
      };
    },
  });
}
