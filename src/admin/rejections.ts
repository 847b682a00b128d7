/**
 * The mistakes that clients make: the rules that events were turned away by, each with an example.
 * Every process collects its own and writes them to KV now and then, where admins find those of all.
 */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { Outcome } from "../events/outcome.ts";
import { rejectionKey, REJECTIONS } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import { ruleOf } from "./broken_rule.ts";
import { exampleOf } from "./example.ts";
import type { Rejections } from "./schema.ts";

/** What rejections are kept with. */
export interface RejectionLogOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  /** A name for this process, asked for once. */
  readonly newId: () => string;
}

interface Kept {
  readonly kind: string;
  readonly rule: string;
  readonly message: string;
  readonly example: string;
  readonly events: number;
  /** Epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
}

const HOURS = 24;
const KEPT_MS = HOURS * 3_600_000;
const WRITE_MS = 2_000;
/** Rules of one process; beyond them the one that was broken longest ago is forgotten. */
const MAX_RULES = 100;
const MAX_SHOWN = 200;

const logger = getLogger(["sluice", "admin"]);

/** The rules that events broke lately. */
export class RejectionLog {
  readonly #options: RejectionLogOptions;
  /** By rule, the last broken last. */
  readonly #rules = new Map<string, Kept>();
  readonly #changed = new Set<string>();
  #process: string | null = null;
  #cancel: (() => void) | null = null;

  constructor(options: RejectionLogOptions) {
    this.#options = options;
  }

  /** Notes an event that was turned away. */
  note(raw: unknown, outcome: Outcome): void {
    const broken = ruleOf(outcome);
    if (broken === null) return;
    const { clock } = this.#options;
    const now = clock.now();
    const key = `${broken.kind} ${broken.rule}`;
    const known = this.#rules.get(key);
    const isOld = known !== undefined && now - known.firstAt > KEPT_MS;
    this.#rules.delete(key);
    this.#rules.set(key, {
      ...broken,
      events: (isOld ? 0 : known?.events ?? 0) + 1,
      firstAt: isOld ? now : known?.firstAt ?? now,
      lastAt: now,
      // One example every so often: a storm of them is not worth the work.
      ...(known !== undefined && this.#changed.has(key)
        ? { message: known.message, example: known.example }
        : { example: exampleOf(raw) }),
    });
    this.#changed.add(key);
    if (this.#rules.size > MAX_RULES) {
      const oldest = this.#rules.keys().next();
      if (!oldest.done) this.#rules.delete(oldest.value);
    }
    this.#cancel ??= clock.after(WRITE_MS, () => this.write());
  }

  /** Writes what changed to KV. What it does not take waits for the next rejection. */
  async write(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const { kv, newId } = this.#options;
    try {
      for (const key of this.#changed) {
        const kept = this.#rules.get(key);
        this.#process ??= newId();
        if (kept !== undefined) {
          await kv.set(rejectionKey(this.#process, key), kept, { expireIn: KEPT_MS });
        }
        this.#changed.delete(key);
      }
    } catch (error) {
      logger.debug("Rejections could not be noted yet: {error}", { error });
    }
  }
}

/** Reads the rules that were broken lately, in all processes. */
export async function readRejections(
  kv: Kv,
  clock: Pick<Clock, "now">,
): Promise<Rejections> {
  const byRule = new Map<string, Kept>();
  const since = clock.now() - KEPT_MS;
  for await (const { key, value } of kv.list<Kept>({ prefix: REJECTIONS })) {
    if (value.lastAt < since) continue; // KV's `expireIn` means "not before"
    const rule = String(key[2]);
    const other = byRule.get(rule);
    byRule.set(rule, other === undefined ? value : joined(other, value));
  }
  const all = [...byRule.values()].sort((a, b) => b.lastAt - a.lastAt).slice(0, MAX_SHOWN);
  return {
    hours: HOURS,
    rejections: all.map((kept) => ({
      ...kept,
      firstAt: new Date(kept.firstAt).toISOString(),
      lastAt: new Date(kept.lastAt).toISOString(),
    })),
  };
}

function joined(a: Kept, b: Kept): Kept {
  return {
    ...(a.lastAt > b.lastAt ? a : b),
    events: a.events + b.events,
    firstAt: Math.min(a.firstAt, b.firstAt),
  };
}
