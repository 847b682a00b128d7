/**
 * Classifies errors of Postgres: is the data at fault, is Postgres unavailable, or may it be either? Before
 * an item is rejected, `write_halving.ts` finds out whether others can be written.
 */

/** A classified error. */
export type Failure =
  /** Postgres rejects the data, and would again. */
  | { readonly kind: "data"; readonly sqlstate: string; readonly message: string }
  /** Postgres rejects the statement, for the data or not: triggers, row security, a missing privilege. */
  | { readonly kind: "doubtful"; readonly sqlstate: string; readonly message: string }
  /** Anything else: keep the data and try again later. */
  | { readonly kind: "unavailable"; readonly message: string };

// 22 data exception, 23 integrity constraint violation, 54 program limit exceeded (such as an index
// entry that is too large).
const DATA_CLASSES = new Set(["22", "23", "54"]);

// About the server, its settings, the connection or its transaction. All others may be raised for single
// rows: P0 by functions, 42 and 44 by row security and check options, and what functions make up.
// deno-fmt-ignore
const SERVER_CLASSES = new Set([
  "01", "02", "03", "08", "0A", "0B", "25", "26", "28", "2D", "3B", "3D", "40", "53", "55", "57", "58",
  "72", "F0",
]);

/** A damaged table or index. The rest of its class is whatever extensions, such as PostGIS, raise for a value. */
const DAMAGE_CODES = new Set(["XX001", "XX002"]);

/** Errors that end the connection, such as those of a pooler without room, whatever their code. */
const ENDING_SEVERITIES: ReadonlySet<unknown> = new Set(["FATAL", "PANIC"]);

/** A violated check, which the error names, or a row without a partition, when it names nothing. */
const CHECK_VIOLATION = "23514";

/** Classifies an error thrown by postgres.js. */
export function classifyFailure(error: unknown): Failure {
  const { code, message } = describe(error);
  const reason = code === "" ? message : `${message} (${code})`;
  if (endsConnection(error)) return { kind: "unavailable", message: reason };
  const lacksPartition = code === CHECK_VIOLATION && !namesConstraint(error);
  if (/^[0-9A-Z]{5}$/.test(code) && DATA_CLASSES.has(code.slice(0, 2)) && !lacksPartition) {
    return { kind: "data", sqlstate: code, message };
  }
  const isAboutServer = SERVER_CLASSES.has(code.slice(0, 2)) || DAMAGE_CODES.has(code);
  return isFromPostgres(error) && !lacksPartition && !isAboutServer
    ? { kind: "doubtful", sqlstate: code, message: reason }
    : { kind: "unavailable", message: reason };
}

const UNIQUE_VIOLATION = "23505";

/** Whether a row exists, or another one that a unique index does not allow beside it. */
export function isUniqueViolation(error: unknown): boolean {
  return isFromPostgres(error) && describe(error).code === UNIQUE_VIOLATION;
}

/** Codes of established connections that broke or never responded. */
const LOST_CODES: ReadonlySet<string> = new Set([
  "CONNECTION_CLOSED",
  "CONNECT_TIMEOUT",
  "ECONNRESET",
  "EPIPE",
]);

/** Whether a connection was lost. Failing to open one says nothing about the others. */
export function isConnectionLost(error: unknown): boolean {
  return LOST_CODES.has(describe(error).code);
}

/** Whether the server accepts no writes: a standby, or a primary that has become one. */
export function isReadOnly(error: unknown): boolean {
  return isFromPostgres(error) && describe(error).code === "25006";
}

/** Whether an error is an answer of Postgres; codes of the network, such as `EPIPE`, look like SQLSTATEs. */
function isFromPostgres(error: unknown): boolean {
  return error instanceof Error && error.name === "PostgresError";
}

/** Invalid statement name, or one that exists already: another connection has prepared it. */
const STATEMENT_CODES: ReadonlySet<string> = new Set(["26000", "42P05"]);

/** Whether a pooler has sent a prepared statement to a connection that does not know it. */
export function isStatementLost(error: unknown): boolean {
  return isFromPostgres(error) && STATEMENT_CODES.has(describe(error).code);
}

function endsConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // The local one is translated, but the only one that poolers send.
  const { severity, severity_local } = error as { severity?: unknown; severity_local?: unknown };
  return ENDING_SEVERITIES.has(severity ?? severity_local);
}

function namesConstraint(error: unknown): boolean {
  return error instanceof Error && "constraint_name" in error && Boolean(error.constraint_name);
}

function describe(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // Node's connection errors may be an AggregateError with an empty message.
  return { code, message: error.message || code || error.name };
}
