/** Chooses the role of a user who may have several (contract 6.11). */

/** The roles of the platform besides admins. */
const KNOWN = new Set(["CREATOR", "BRAND", "VIEWER"]);

/**
 * The role that the values of a claim mean. Each may be a role, a list of roles, or a text with commas
 * between them. Of several, an admin's counts, else the first that is known, else the first.
 *
 * @param toId returns a role that can be stored, or `null`
 */
export function readRole(
  values: readonly unknown[],
  adminRoles: readonly string[],
  toId: (value: unknown) => string | null,
): string | null {
  const roles = values.flatMap(split).map(toId).filter((role) => role !== null);
  return roles.find((role) => adminRoles.includes(role)) ??
    roles.find((role) => KNOWN.has(role.toUpperCase())) ?? roles[0] ?? null;
}

function split(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== "string" || !value.includes(",")) return [value];
  return value.split(",").map((role) => role.trim());
}
