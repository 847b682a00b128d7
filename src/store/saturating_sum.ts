/** Sums of counts that stay within their column. */

const LIMITS = {
  bigint: ["-9223372036854775808", "9223372036854775807"],
  integer: ["-2147483648", "2147483647"],
} as const;

/**
 * Returns the expression for `a + b` that stops at the limits of the column's type: a count that someone set
 * to its limit in SQL must not make the events that it counts fail (contract 7.23).
 */
export function saturatingSum(a: string, b: string, type: keyof typeof LIMITS): string {
  const [min, max] = LIMITS[type];
  return `least(greatest(${a}::numeric + ${b}, ${min}), ${max})::${type}`;
}
