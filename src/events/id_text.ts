/** What can be stored as the id of a user, a creator or a brand, or as a role (contract 6.5). */

/** What an indexed text column can comfortably hold. */
const MAX_LENGTH = 255;

/** Completes "must be …". */
export const ID_TAKES =
  `a text of 1 to ${MAX_LENGTH} characters or a whole number within ±${Number.MAX_SAFE_INTEGER}`;

/** Why a value is no id; `null` if it is one. An id that is stored differently would be another's. */
export function findIdFault(value: unknown): string | null {
  if (typeof value === "number") return findFaultOfNumber(value);
  if (typeof value !== "string") return `is ${describeKind(value)}`;
  if (value.trim() === "") return "is blank";
  if (value.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (!value.isWellFormed() || value.includes("\0")) return "contains U+0000 or a lone surrogate";
  return null;
}

/** Beyond the safe integers, two ids may have become one number. */
function findFaultOfNumber(value: number): string | null {
  if (Number.isSafeInteger(value)) return null;
  const isWhole = Number.isInteger(value) || !Number.isFinite(value); // 1e999 is read as infinite
  return isWhole ? "is a number too large to be exact" : "is a number that is not whole";
}

function describeKind(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : "a boolean";
}
