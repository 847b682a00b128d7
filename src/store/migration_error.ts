/** The error for a database that a newer version has migrated. */

/** The database has a migration that this version does not have, and does not work with. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}
