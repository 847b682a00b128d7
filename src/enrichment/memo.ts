/** A bounded cache for a pure function. */

/** Longer keys (in UTF-16 units) are not cached, so that clients cannot fill the cache with them. */
const MAX_LENGTH = 1024;

/**
 * Caches the results of a function in two halves: a hit moves into the newer half, and when that is
 * full, the older half is dropped. Moving each hit to the end of a single `Map` was as slow as some of
 * the computations.
 *
 * @param limit the maximum number of results; the last half of them is always cached
 */
export function memoize<Value>(
  limit: number,
  compute: (key: string) => Value,
): (key: string) => Value {
  let newer = new Map<string, Value>();
  let older = new Map<string, Value>();
  return function cached(key) {
    if (key.length > MAX_LENGTH) return compute(key);
    const known = newer.get(key);
    if (known !== undefined) return known;
    const value = older.get(key) ?? compute(key);
    newer.set(key, value);
    if (newer.size >= limit / 2) {
      older = newer;
      newer = new Map();
    }
    return value;
  };
}
