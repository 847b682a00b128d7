/** What a program writes, as text that can be waited for. */

/** Collects text from several streams. */
export class LineStream {
  #text = "";
  #over = false;
  #changed = Promise.withResolvers<void>();

  /** All text so far. */
  get text(): string {
    return this.#text;
  }

  /** Adds what a stream has, until it ends. */
  async read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#text += decoder.decode(chunk, { stream: true });
      this.#notify();
    }
  }

  /** No more text follows. */
  end(): void {
    this.#over = true;
    this.#notify();
  }

  /** Resolves with the first match, or with `null` if the text ended without one. */
  async waitFor(pattern: RegExp): Promise<RegExpExecArray | null> {
    for (;;) {
      const changed = this.#changed.promise;
      const match = pattern.exec(this.#text);
      if (match !== null || this.#over) return match;
      await changed;
    }
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
