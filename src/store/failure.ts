/** What an error of Postgres means: is it the data's fault, or is Postgres away? */

/** An error, judged. */
export type Failure =
  /** Postgres refuses the data; it would refuse it again. */
  | { readonly kind: "data"; readonly sqlstate: string; readonly message: string }
  /** Anything else: keep everything and try again later. */
  | { readonly kind: "away"; readonly message: string };

// 22 data exception, 23 integrity constraint violation, 54 program limit exceeded (an index entry
// too large, say). All others are about the server, its settings or the network.
const DATA_CLASSES = new Set(["22", "23", "54"]);

/** A row violates a check, which is named; or no partition takes it, and then nothing is named. */
const CHECK_VIOLATION = "23514";

/** Judges what postgres.js threw. */
export function classifyFailure(error: unknown): Failure {
  const { code, message } = describe(error);
  const unawaited = code === CHECK_VIOLATION && !isNamed(error);
  if (/^[0-9A-Z]{5}$/.test(code) && DATA_CLASSES.has(code.slice(0, 2)) && !unawaited) {
    return { kind: "data", sqlstate: code, message };
  }
  return { kind: "away", message: code === "" ? message : `${message} (${code})` };
}

/** Codes of connections that were there and broke, or were there and never spoke. */
const LOST: ReadonlySet<string> = new Set([
  "CONNECTION_CLOSED",
  "CONNECT_TIMEOUT",
  "ECONNRESET",
  "EPIPE",
]);

/** Whether a connection broke; where none could be made, the others are as well as before. */
export function isConnectionLost(error: unknown): boolean {
  return LOST.has(describe(error).code);
}

function isNamed(error: unknown): boolean {
  return error instanceof Error && "constraint_name" in error && Boolean(error.constraint_name);
}

function describe(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // Node's connection errors may be an AggregateError with an empty message.
  return { code, message: error.message || code || error.name };
}
