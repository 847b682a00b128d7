/** Chooses the role of a user who may have several (contract 6.11). */

/** The roles of the platform besides admins. */
const KNOWN = new Set(["CREATOR", "BRAND", "VIEWER"]);

/**
 * The role that the values of a claim mean. Each may be a role, a list of roles, or a text with commas
 * between them. Of several, an admin's counts, else the first that is known, else the first; a text of
 * which no part is known is a role by itself.
 *
 * @param toId returns a role that can be stored, or `null`
 */
export function readRole(
  values: readonly unknown[],
  adminRoles: readonly string[],
  toId: (value: unknown) => string | null,
): string | null {
  const given = values.flat().map(toId).filter((role) => role !== null);
  const roles = given.flatMap(split);
  return roles.find((role) => adminRoles.includes(role)) ??
    roles.find((role) => KNOWN.has(role.toUpperCase())) ?? given[0] ?? null;
}

function split(role: string): readonly string[] {
  return role.includes(",") ? role.split(",").map((part) => part.trim()) : [role];
}
