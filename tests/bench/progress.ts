/** Tells on standard error what the suite is doing, and repeats it while that takes long. */

import { printError, printProgress as bar } from "../../src/cli/terminal.ts";

const REPEAT_MS = 2_000;

/** Progress through the parts of a run. */
export class Progress implements Disposable {
  readonly #parts: readonly string[];
  readonly #startedAt = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #write: (line: string, share: number) => void;
  #done = 0;
  #text = "";
  #since = 0;
  #shownAt = 0;

  /** @param parts the names of the parts that run */
  constructor(parts: readonly string[], write: (line: string, share: number) => void = show) {
    this.#parts = parts;
    this.#write = write;
    this.#timer = setInterval(() => this.#repeat(), REPEAT_MS / 4);
  }

  /** Whole seconds since the beginning. */
  get seconds(): number {
    return Math.round((performance.now() - this.#startedAt) / 1000);
  }

  /** Says what is being done now. */
  say(text: string): void {
    this.#text = text;
    this.#since = performance.now();
    this.#show(text);
  }

  /** Says that a part is done. */
  next(): void {
    this.#done += 1;
    this.#text = "";
  }

  #repeat(): void {
    const now = performance.now();
    if (this.#text === "" || now - this.#shownAt < REPEAT_MS) return;
    this.#show(`${this.#text} (for ${Math.round((now - this.#since) / 1000)} s)`);
  }

  #show(text: string): void {
    this.#shownAt = performance.now();
    const part = this.#parts[this.#done] ?? "";
    this.#write(`${this.seconds} s  ${part}  ${text}`, this.#done / this.#parts.length);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    bar(null);
  }
}

function show(line: string, share: number): void {
  if (Deno.stderr.isTerminal()) bar(line, share);
  else printError(line);
}
