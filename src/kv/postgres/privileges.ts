/** Errors of a role that may not do what the buffer needs. */

/** For the operator. */
export const MISSING_PRIVILEGES =
  "The role of KV_PATH needs CREATE on the database at the first start, or a schema sluice_kv that it owns; " +
  "of the schema of another role it needs USAGE, and ALL on all tables and sequences in it";

/** Whether an error says so. */
export function saysDenied(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "42501";
}
