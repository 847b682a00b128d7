/** The errors of the server SDK. */

/** What went wrong: see the README. */
export type SluiceErrorCode =
  | "invalid"
  | "rejected"
  | "full"
  | "closed"
  | "unauthorized"
  | "unavailable"
  | "spool"
  | "damaged";

/** What a `SluiceError` says besides its message. */
export interface SluiceErrorDetails {
  /** Whether the event is still queued and will be sent. */
  readonly kept: boolean;
  /** HTTP status; 200 if only this event of a batch was rejected. */
  readonly status?: number;
  /** The event that it is about, as it is sent. */
  readonly event?: unknown;
  /** Of `trackAll`: one for each event; `null` for one that is durable. */
  readonly errors?: readonly (SluiceError | null)[];
  /** The error behind it. */
  readonly cause?: unknown;
}

/** A problem that the caller, or `onError`, is told. */
export class SluiceError extends Error {
  /** The name of the class. */
  override readonly name = "SluiceError";
  /** What went wrong. */
  readonly code: SluiceErrorCode;
  /** Whether the event is still queued and will be sent. */
  readonly kept: boolean;
  /** HTTP status, if the service's response is the reason. */
  readonly status: number | null;
  /** The event that it is about, as it is sent; `null` if it is about none or several. */
  readonly event: unknown;
  /** Of `trackAll`: one for each event; `null` for one that is durable. */
  readonly errors: readonly (SluiceError | null)[];

  /** Creates an error. */
  constructor(code: SluiceErrorCode, message: string, details: SluiceErrorDetails) {
    super(message, "cause" in details ? { cause: details.cause } : {});
    this.code = code;
    this.kept = details.kept;
    this.status = details.status ?? null;
    this.event = details.event ?? null;
    this.errors = details.errors ?? [];
  }
}

/** The message of anything thrown. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch() says only "fetch failed" in Node; the reason is its cause.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
