/** A KV over a network: KV Connect, Deno Deploy's, or PostgreSQL. It may be away, at the start and later. */

import type { Clock } from "../clock.ts";
import { checkFormat } from "./format.ts";
import { KvFormatError } from "./format_error.ts";
import type { AtomicOperation, Kv, KvCommitError, KvCommitResult } from "./port.ts";
import { KvAwayError, Presence } from "./presence.ts";

/** Options of `RemoteKv`. */
export interface RemoteKvOptions {
  readonly clock: Pick<Clock, "monotonic" | "after">;
  /** How long an operation waits for its response (`KV_TIMEOUT_MS`). */
  readonly deadlineMs: number;
  /** Opens the KV. With Deno 2.9 it rejects while the KV is away. */
  readonly open: () => Promise<ClosableKv>;
  /**
   * Whether an error says that the KV cannot be reached. By default as Deno's client says it, which does
   * so while it opens the KV only.
   */
  readonly saysAway?: (error: unknown) => boolean;
}

/** A KV that is closed at the end. */
export interface ClosableKv extends Kv {
  close(): void | Promise<void>;
  /** Rejects if it can be read only: what a probe reads would not tell. */
  checkWritable?(): Promise<void>;
}

/** What Deno's client says if it cannot reach the server, or what is in front of that. */
const UNREACHABLE = /failed to connect|responded with status (?:408|429|5\d\d)/;

/** A KV whose operations reject with `KvAwayError` or `KvTimeoutError` where it does not respond. */
export class RemoteKv implements Kv, Disposable {
  readonly #options: RemoteKvOptions;
  readonly #presence: Presence;
  /** `null` until it could be opened. */
  #kv: ClosableKv | null = null;
  #isConfirming = false;

  constructor(options: RemoteKvOptions) {
    this.#options = options;
    const { clock, deadlineMs } = options;
    this.#presence = new Presence({ clock, deadlineMs, probe: () => this.#probe() });
  }

  /**
   * Opens the KV; one that is away is opened once it is there.
   *
   * @throws {KvFormatError} where it is in a newer format
   * @throws {Error} where it says that the URL or the token is wrong
   */
  async open(): Promise<void> {
    try {
      await this.#presence.run(() => this.#probe());
    } catch (error) {
      if (this.#presence.awayBecause !== null) return;
      if (error instanceof KvFormatError || !this.#saysAway(error)) throw error;
      this.#presence.leave(toMessage(error));
    }
  }

  /** Why nothing can be read or written, `null` if it can. */
  get awayBecause(): string | null {
    return this.#presence.awayBecause;
  }

  /** See `Kv`. */
  get: Kv["get"] = (...args) => this.#run((kv) => kv.get(...args));

  /** See `Kv`. */
  getMany: Kv["getMany"] = (...args) => this.#run((kv) => kv.getMany(...args));

  /** See `Kv`. */
  set: Kv["set"] = (...args) => this.#run((kv) => kv.set(...args));

  /** See `Kv`. */
  delete: Kv["delete"] = (...args) => this.#run((kv) => kv.delete(...args));

  /** See `Kv`. */
  enqueue: Kv["enqueue"] = (...args) => this.#run((kv) => kv.enqueue(...args));

  /** See `Kv`. */
  listenQueue: Kv["listenQueue"] = (handler) => this.#current().listenQueue(handler);

  /** See `Kv`; each step is an operation of its own. */
  list<T = unknown>(...args: Parameters<Kv["list"]>): Deno.KvListIterator<T> {
    let iterator: Deno.KvListIterator<T> | null = null;
    return {
      get cursor() {
        return iterator?.cursor ?? "";
      },
      next: () => this.#run((kv) => (iterator ??= kv.list<T>(...args)).next()),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** See `Kv`. */
  atomic(): AtomicOperation {
    return new RemoteOperation((commit) => this.#run(commit));
  }

  /** Closes it; resolves when its connections are closed, where it is PostgreSQL. */
  close(): void | Promise<void> {
    this.#presence.close();
    return this.#kv?.close();
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #probe(): Promise<void> {
    if (this.#kv === null) {
      const kv = await this.#options.open();
      if (this.#kv === null) this.#kv = kv;
      else await kv.close(); // a probe before this one was only late
    }
    await this.#kv.checkWritable?.();
    await checkFormat(this.#kv);
  }

  #saysAway(error: unknown): boolean {
    return this.#options.saysAway?.(error) ?? UNREACHABLE.test(toMessage(error));
  }

  async #run<T>(work: (kv: Kv) => Promise<T>): Promise<T> {
    try {
      return await this.#presence.run(() => work(this.#current()));
    } catch (error) {
      if (this.#options.saysAway?.(error)) this.#confirmAway();
      throw error;
    }
  }

  /** A lost connection alone is no outage: asks again, by another one. */
  async #confirmAway(): Promise<void> {
    if (this.#isConfirming) return;
    this.#isConfirming = true;
    try {
      await this.#probe();
    } catch (error) {
      if (this.#saysAway(error)) this.#presence.leave(toMessage(error));
    } finally {
      this.#isConfirming = false;
    }
  }

  #current(): ClosableKv {
    if (this.#kv === null) throw new KvAwayError("KV has not been opened yet");
    return this.#kv;
  }
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

type Change = (operation: AtomicOperation) => void;

/** An operation that is built when it is committed, as there may be no KV before. */
class RemoteOperation implements AtomicOperation {
  readonly #changes: Change[] = [];
  readonly #run: <T>(work: (kv: Kv) => Promise<T>) => Promise<T>;

  constructor(run: <T>(work: (kv: Kv) => Promise<T>) => Promise<T>) {
    this.#run = run;
  }

  check(...args: Parameters<AtomicOperation["check"]>): this {
    return this.#add((operation) => operation.check(...args));
  }

  sum(...args: Parameters<AtomicOperation["sum"]>): this {
    return this.#add((operation) => operation.sum(...args));
  }

  set(...args: Parameters<AtomicOperation["set"]>): this {
    return this.#add((operation) => operation.set(...args));
  }

  delete(...args: Parameters<AtomicOperation["delete"]>): this {
    return this.#add((operation) => operation.delete(...args));
  }

  enqueue(...args: Parameters<AtomicOperation["enqueue"]>): this {
    return this.#add((operation) => operation.enqueue(...args));
  }

  commit(): Promise<KvCommitResult | KvCommitError> {
    return this.#run((kv) => {
      const operation = kv.atomic();
      for (const change of this.#changes) change(operation);
      return operation.commit();
    });
  }

  #add(change: Change): this {
    this.#changes.push(change);
    return this;
  }
}
