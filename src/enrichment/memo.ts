/** A bounded memory of what a pure function answered. */

/** UTF-16 units of what is remembered; who sends longer strings shall not fill the memory with them. */
const MAX_LENGTH = 1024;

/**
 * Remembers a function's answers to the strings it was lately asked, in two halves: what is asked again
 * moves into the newer one, and when that is full, the older one is forgotten whole. Moving each answer
 * to the end of one `Map` instead took as long as some answers do.
 *
 * @param limit how many answers are kept at the most; the last half of them is kept in any case
 */
export function memoized<Value>(
  limit: number,
  compute: (key: string) => Value,
): (key: string) => Value {
  let newer = new Map<string, Value>();
  let older = new Map<string, Value>();
  return function remembered(key) {
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
