/**
 * The mistakes that clients make, grouped by the rule they broke, each with an example. Every process
 * collects its own and writes them to KV every few seconds; admins read those of all processes.
 */

import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { TokenRefusal } from "../events/identification.ts";
import type { Outcome } from "../events/outcome.ts";
import type { UrlFilter } from "../events/url_filter.ts";
import { noteDamage } from "../kv/damage.ts";
import { rejectionKey, REJECTIONS } from "../kv/keys.ts";
import type { Kv } from "../kv/port.ts";
import { type BrokenRule, describeRefusal, findBrokenRule } from "./broken_rule.ts";
import { toExample } from "./redact.ts";
import type { Rejections } from "./schema/rejections.ts";

/** Options of `RejectionLog`. */
export interface RejectionLogOptions {
  readonly kv: Kv;
  readonly clock: Clock;
  /** Called once, for an id of this process. */
  readonly newId: () => string;
  /** Removes secrets from URLs in examples. */
  readonly urls: UrlFilter;
}

interface RuleEntry {
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
/** Rules kept per process; the one broken longest ago is dropped first. */
const MAX_RULES = 100;
const MAX_SHOWN = 200;

const logger = getLogger(["sluice", "admin"]);

/** Collects the rules that rejected events broke. */
export class RejectionLog {
  readonly #options: RejectionLogOptions;
  /** By rule, most recently broken last. */
  readonly #rules = new Map<string, RuleEntry>();
  readonly #changed = new Set<string>();
  #process: string | null = null;
  #cancel: (() => void) | null = null;

  constructor(options: RejectionLogOptions) {
    this.#options = options;
  }

  /** Records a rejected event. */
  record(raw: unknown, outcome: Outcome): void {
    this.#record(raw, findBrokenRule(outcome));
  }

  /** Records an accepted event that is anonymous, as its caller's token is not accepted. */
  recordRefusal(raw: unknown, refusal: TokenRefusal): void {
    this.#record(raw, describeRefusal(refusal));
  }

  #record(raw: unknown, broken: BrokenRule | null): void {
    if (broken === null) return;
    const { clock, urls } = this.#options;
    const now = clock.now();
    const key = `${broken.kind} ${broken.rule}`;
    const previous = this.#rules.get(key);
    const isOld = previous !== undefined && now - previous.firstAt > KEPT_MS;
    this.#rules.delete(key);
    this.#rules.set(key, {
      ...broken,
      message: urls.text("", broken.message),
      events: (isOld ? 0 : previous?.events ?? 0) + 1,
      firstAt: isOld ? now : previous?.firstAt ?? now,
      lastAt: now,
      // One example per write interval: redacting each event of a burst would be wasted work.
      ...(previous !== undefined && this.#changed.has(key)
        ? { message: previous.message, example: previous.example }
        : { example: toExample(raw, urls) }),
    });
    this.#changed.add(key);
    if (this.#rules.size > MAX_RULES) {
      const oldest = this.#rules.keys().next();
      if (!oldest.done) this.#rules.delete(oldest.value);
    }
    this.#cancel ??= clock.after(WRITE_MS, () => this.write());
  }

  /** Writes changed entries to KV. If that fails, the next rejection tries again. */
  async write(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const { kv, newId } = this.#options;
    try {
      for (const key of this.#changed) {
        const entry = this.#rules.get(key);
        this.#process ??= newId();
        if (entry !== undefined) {
          await kv.set(rejectionKey(this.#process, key), entry, { expireIn: KEPT_MS });
        }
        this.#changed.delete(key);
      }
    } catch (error) {
      logger.debug("Could not write rejections yet: {error}", { error });
    }
  }
}

/** Reads the rules broken in the last 24 hours in all processes, most recent first. */
export async function readRejections(
  kv: Kv,
  clock: Pick<Clock, "now">,
): Promise<Rejections> {
  const byRule = new Map<string, RuleEntry>();
  const since = clock.now() - KEPT_MS;
  const until = clock.now() + KEPT_MS;
  for await (const { key, value } of kv.list<RuleEntry>({ prefix: REJECTIONS })) {
    if (!isEntry(value) || value.lastAt > until) {
      noteDamage(kv, "rejection", key);
      continue;
    }
    if (value.lastAt < since) continue; // KV's `expireIn` means "not before"
    const rule = String(key[2]);
    const other = byRule.get(rule);
    byRule.set(rule, other === undefined ? value : mergeEntries(other, value));
  }
  const all = [...byRule.values()].sort((a, b) => b.lastAt - a.lastAt).slice(0, MAX_SHOWN);
  return {
    hours: HOURS,
    rejections: all.map((entry) => ({
      ...entry,
      firstAt: new Date(entry.firstAt).toISOString(),
      lastAt: new Date(entry.lastAt).toISOString(),
    })),
  };
}

/** Whether a value of KV is an entry, and not damaged. */
function isEntry(value: unknown): value is RuleEntry {
  if (typeof value !== "object" || value === null) return false;
  const { kind, rule, message, example, events, firstAt, lastAt } = value as RuleEntry;
  return [kind, rule, message, example].every((text) => typeof text === "string") &&
    [events, firstAt, lastAt].every((number) => Number.isSafeInteger(number) && number >= 0);
}

function mergeEntries(a: RuleEntry, b: RuleEntry): RuleEntry {
  return {
    ...(a.lastAt > b.lastAt ? a : b),
    events: a.events + b.events,
    firstAt: Math.min(a.firstAt, b.firstAt),
  };
}
