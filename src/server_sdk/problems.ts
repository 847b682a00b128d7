/** Tells the caller every problem, and each that lasts once. */

import { SluiceError, type SluiceErrorCode } from "./errors.ts";

/** A problem that lasts until it is over. */
type Lasting = Extract<
  SluiceErrorCode,
  "full" | "closed" | "unauthorized" | "unavailable" | "spool"
>;

/** Reports problems. */
export class Problems {
  readonly #listener: (error: SluiceError) => void;
  readonly #lasting = new Map<Lasting, string>();

  constructor(listener: (error: SluiceError) => void) {
    this.#listener = listener;
  }

  /** What is wrong at the moment; `null` if all is well. */
  get current(): string | null {
    return this.#lasting.size === 0 ? null : [...this.#lasting.values()].join("; ");
  }

  /** Whether sending has failed, so that another attempt would most likely fail, too. */
  get isSendingFailing(): boolean {
    return this.#lasting.has("unavailable") || this.#lasting.has("unauthorized");
  }

  /** Reports an error. */
  report(error: SluiceError): void {
    try {
      this.#listener(error);
    } catch {
      // A listener must not stop the SDK.
    }
  }

  /** Reports a problem unless it lasts already, and returns it. */
  begin(code: Lasting, message: string, details: { kept: boolean; status?: number }): SluiceError {
    const error = new SluiceError(code, message, details);
    const isNew = !this.#lasting.has(code);
    this.#lasting.set(code, message);
    if (isNew) this.report(error);
    return error;
  }

  /** Ends problems: they are reported when they come back. */
  end(...codes: readonly Lasting[]): void {
    for (const code of codes) this.#lasting.delete(code);
  }
}
