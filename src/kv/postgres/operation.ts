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
import {
  bytesArray,
  bytesToHex,
  fromVersionstamp,
  numberArray,
  toHex,
  toStored,
  toVersionstamp,
} from "./values.ts";

const MODULUS = 2n ** 64n;

/** What becomes of a key; of several changes the later ones are added to, or replace, those before. */
type Change =
  | { readonly kind: "set"; readonly value: unknown; readonly lifetimeMs: number | null }
  | { readonly kind: "delete" }
  | { readonly kind: "sum"; readonly n: bigint };

const APPLY = `select sluice_kv.apply(
  $1::text::bytea[], $2::text::bigint[],
  $3::text::bytea[], $4::text::bytea[], $5::text::numeric[], $6::text::bigint[],
  $7::text::bytea[], $8::text::bytea[], $9::text::numeric[], $10::text::bytea[]
)::text as stamp`;

/** See `AtomicOperation`. */
export class PostgresOperation implements AtomicOperation {
  readonly #database: Database;
  readonly #checks: { readonly key: string; readonly stamp: string | null }[] = [];
  /** By key, in hexadecimal digits. */
  readonly #changes = new Map<string, Change>();
  readonly #messages: string[] = [];

  constructor(database: Database) {
    this.#database = database;
  }

  check(...checks: Parameters<AtomicOperation["check"]>): this {
    for (const { key, versionstamp } of checks) {
      const stamp = versionstamp === null ? null : fromVersionstamp(versionstamp);
      this.#checks.push({ key: toHex(key), stamp });
    }
    return this;
  }

  set(key: KvKey, value: unknown, { expireIn }: { expireIn?: number } = {}): this {
    const lifetimeMs = expireIn === undefined ? null : Math.ceil(expireIn);
    this.#changes.set(toHex(key), { kind: "set", value, lifetimeMs });
    return this;
  }

  delete(key: KvKey): this {
    this.#changes.set(toHex(key), { kind: "delete" });
    return this;
  }

  sum(key: KvKey, n: bigint): this {
    const hex = toHex(key);
    this.#changes.set(hex, added(this.#changes.get(hex), BigInt.asUintN(64, n)));
    return this;
  }

  enqueue(value: unknown): this {
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
    const set: { key: string; value: string | null; count: string | null; ms: number | null }[] =
      [];
    const deleted: string[] = [];
    const sums: { key: string; n: bigint }[] = [];
    for (const [key, change] of this.#changes) {
      if (change.kind === "delete") deleted.push(key);
      else if (change.kind === "sum") sums.push({ key, n: change.n });
      else {
        set.push({ key, ms: change.lifetimeMs, ...toStored(change.value) });
      }
    }
    return [
      bytesArray(this.#checks.map(({ key }) => key)),
      numberArray(this.#checks.map(({ stamp }) => stamp)),
      bytesArray(set.map(({ key }) => key)),
      bytesArray(set.map(({ value }) => value)),
      numberArray(set.map(({ count }) => count)),
      numberArray(set.map(({ ms }) => ms)),
      bytesArray(deleted),
      bytesArray(sums.map(({ key }) => key)),
      numberArray(sums.map(({ n }) => n)),
      bytesArray(this.#messages),
    ];
  }
}

/** A sum after another change of the same operation. */
function added(before: Change | undefined, n: bigint): Change {
  if (before === undefined) return { kind: "sum", n };
  if (before.kind === "sum") return { kind: "sum", n: (before.n + n) % MODULUS };
  if (before.kind === "delete") {
    return { kind: "set", value: new Deno.KvU64(n), lifetimeMs: null };
  }
  if (!isU64(before.value)) throw new TypeError("Cannot add to an entry that is no counter");
  return { ...before, value: new Deno.KvU64((before.value.value + n) % MODULUS) };
}
