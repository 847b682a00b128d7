/**
 * The fingerprints that were committed lately, by all processes on one KV, as a log: each commit adds
 * one entry with all of its fingerprints, and checks and moves the log's head. A process whose head is
 * old is refused, learns what the others added and tries again. So two processes can never both take
 * one fingerprint (contract 5.2), and a commit needs one check and two sets, however many events it has.
 *
 * Measured: a commit of 64 events takes 1.3 ms with an entry of the log and 4.0 ms with a key each.
 */

import { LOG, LOG_HEAD, logKey } from "../kv/keys.ts";
import type { AtomicOperation, Kv } from "../kv/port.ts";
import type { RecentFingerprints } from "./recent.ts";

/** An entry of the log. */
interface Entry {
  /** The first segment of the commit: tells it from any other. */
  readonly segment: string;
  /** Epoch milliseconds, for all fingerprints of the entry. */
  readonly deadline: number;
  readonly fingerprints: readonly string[];
}

/** This process's view of the log. */
export class FingerprintLog {
  readonly #kv: Kv;
  readonly #seen: RecentFingerprints;
  /** The head as it was last known. At first a guess, which the first commit finds to be right or not. */
  #next = 0;
  #versionstamp: string | null = null;

  /** @param seen is told of every fingerprint in the log, and must forget none before its deadline */
  constructor(kv: Kv, seen: RecentFingerprints) {
    this.#kv = kv;
    this.#seen = seen;
  }

  /** Adds an entry to an operation, which is refused where others have added theirs meanwhile. */
  append(operation: AtomicOperation, entry: Entry, at: number): void {
    operation.check({ key: LOG_HEAD, versionstamp: this.#versionstamp })
      .set(LOG_HEAD, this.#next + 1)
      .set(logKey(this.#next), entry, { expireIn: entry.deadline - at });
  }

  /** Notes that the operation was committed. */
  committed(versionstamp: string): void {
    this.#next += 1;
    this.#versionstamp = versionstamp;
  }

  /** Learns what was added since, as of `now`; whether the entry of `segment` is among it. */
  async catchUp(segment: string | null, now: number): Promise<boolean> {
    const head = await this.#kv.get<number>(LOG_HEAD);
    if (head.versionstamp === this.#versionstamp) return false;
    let isAdded = false;
    // What is behind the head by now is learnt as well, and once more the next time.
    const added = this.#kv.list<Entry>({ prefix: LOG, start: logKey(this.#next) });
    for await (const { value: entry } of added) {
      if (entry.segment === segment) isAdded = true;
      if (now >= entry.deadline) continue;
      this.#seen.add(entry.fingerprints, entry.deadline);
    }
    this.#next = head.value ?? 0;
    this.#versionstamp = head.versionstamp;
    return isAdded;
  }
}
