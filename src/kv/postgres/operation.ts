/** Changes that one call of `sluice_kv.apply` commits. */

import { serialize } from "node:v8";
import type { Database } from "../../store/database.ts";
import {
  type AtomicOperation,
  isU64,
  type KvCommitError,
  type KvCommitResult,
  type KvKey,
} from "../port.ts";
import { type NewEntry, packEntries } from "./packed.ts";
import {
  bytesArray,
  bytesToHex,
  fromVersionstamp,
  numberArray,
  textToHex,
  toKeyText,
  toVersionstamp,
} from "./values.ts";

const MODULUS = 2n ** 64n;

/** What becomes of a key; of several changes the later ones are added to, or replace, those before. */
type Change =
  | { readonly kind: "set"; readonly value: unknown; readonly lifetimeMs: number | null }
  /** Of a counter. */
  | { readonly kind: "count"; readonly n: bigint }
  | { readonly kind: "delete" }
  | { readonly kind: "sum"; readonly n: bigint };

const APPLY = `select sluice_kv.apply(
  $1::text::bytea[], $2::text::bigint[], $3::text::bytea[], $4::text::bytea[], $5::text::numeric[],
  $6::text::bytea[], $7::text::integer,
  $8::text::bytea, $9::text::integer[], $10::text::integer[], $11::text::integer[], $12::text::bigint[]
)::text as stamp`;

/** See `AtomicOperation`. */
export class PostgresOperation implements AtomicOperation {
  readonly #database: Database;
  /** All by key (see `toKeyText`). */
  readonly #checks: { readonly key: string; readonly stamp: string }[] = [];
  /** Keys that have to be absent. */
  readonly #absent = new Set<string>();
  readonly #changes = new Map<string, Change>();
  readonly #messages: string[] = [];

  constructor(database: Database) {
    this.#database = database;
  }

  check(...checks: Parameters<AtomicOperation["check"]>): this {
    for (const { key, versionstamp } of checks) {
      const text = toKeyText(key);
      if (versionstamp === null) this.#absent.add(text);
      else this.#checks.push({ key: text, stamp: fromVersionstamp(versionstamp) });
    }
    return this;
  }

  /** A counter never expires. */
  set(key: KvKey, value: unknown, { expireIn }: { expireIn?: number } = {}): this {
    const lifetimeMs = expireIn === undefined ? null : Math.ceil(expireIn);
    this.#changes.set(
      toKeyText(key),
      isU64(value) ? { kind: "count", n: value.value } : { kind: "set", value, lifetimeMs },
    );
    return this;
  }

  delete(key: KvKey): this {
    this.#changes.set(toKeyText(key), { kind: "delete" });
    return this;
  }

  sum(key: KvKey, n: bigint): this {
    const text = toKeyText(key);
    this.#changes.set(text, added(this.#changes.get(text), BigInt.asUintN(64, n)));
    return this;
  }

  enqueue(value: unknown, { delay = 0 }: { delay?: number } = {}): this {
    if (delay > 0) {
      throw new TypeError(`Messages in PostgreSQL cannot wait: delay must be 0, got ${delay}`);
    }
    this.#messages.push(bytesToHex(serialize(value)));
    return this;
  }

  async commit(): Promise<KvCommitResult | KvCommitError> {
    const parameters = this.#parameters();
    const [row] = await this.#database.run((sql) =>
      sql.unsafe<{ stamp: string | null }[]>(APPLY, parameters, { prepare: true })
    );
    return row?.stamp == null
      ? { ok: false }
      : { ok: true, versionstamp: toVersionstamp(row.stamp) };
  }

  #parameters(): string[] {
    const created: NewEntry[] = [];
    const written: NewEntry[] = [];
    const removed: string[] = [];
    const sums: { key: string; n: bigint }[] = [];
    for (const [key, change] of this.#changes) {
      if (change.kind === "set") {
        (this.#absent.has(key) ? created : written).push({ key, ...change });
      } else {
        if (change.kind !== "sum") removed.push(key);
        if (change.kind !== "delete") sums.push({ key, n: change.n });
      }
    }
    const isSet = (key: string) => this.#changes.get(key)?.kind === "set";
    const absent = [...this.#absent].filter((key) => !isSet(key));
    return [
      keysArray([...this.#checks.map(({ key }) => key), ...absent]),
      numberArray([...this.#checks.map(({ stamp }) => stamp), ...absent.map(() => null)]),
      keysArray(removed),
      keysArray(sums.map(({ key }) => key)),
      numberArray(sums.map(({ n }) => n)),
      bytesArray(this.#messages),
      String(created.length),
      ...packEntries([...created, ...written]),
    ];
  }
}

function keysArray(keys: readonly string[]): string {
  return bytesArray(keys.map(textToHex));
}

/** A sum after another change of the same operation. */
function added(before: Change | undefined, n: bigint): Change {
  if (before === undefined) return { kind: "sum", n };
  if (before.kind === "delete") return { kind: "count", n };
  if (before.kind === "set") throw new TypeError("Cannot add to an entry that is no counter");
  return { ...before, n: (before.n + n) % MODULUS };
}
