/** A bounded memory of what a pure function answered. */

/**
 * Remembers a function's answers to the strings it was lately asked.
 *
 * @param limit how many answers are kept; the one unused for longest goes first
 */
export function memoized<Value>(
  limit: number,
  compute: (key: string) => Value,
): (key: string) => Value {
  const memory = new Map<string, Value>();
  return function remembered(key) {
    let value = memory.get(key);
    if (value === undefined) value = compute(key);
    else memory.delete(key);
    memory.set(key, value);
    if (memory.size > limit) forgetOldest(memory);
    return value;
  };
}

function forgetOldest(memory: Map<string, unknown>): void {
  for (const key of memory.keys()) {
    memory.delete(key);
    return;
  }
}
