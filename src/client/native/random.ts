/**
 * Random numbers for ids. `Math.random` of Hermes, React Native's engine, had a state of 31 bits for
 * years: on a million devices two events would get the same key, and one of them would be lost.
 */

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Creates a generator of numbers from 0 to below 1.
 *
 * @throws {TypeError} if there is no source of randomness
 */
export function createRandom(
  randomUUID: (() => string) | undefined,
  crypto: Pick<Crypto, "getRandomValues"> | undefined,
): () => number {
  if (randomUUID === undefined && typeof crypto?.getRandomValues === "function") {
    return () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
  }
  const example: unknown = typeof randomUUID === "function" ? randomUUID() : randomUUID;
  if (!UUID.test(`${example}`)) {
    const why = randomUUID === undefined ? ", as there is no crypto.getRandomValues here" : "";
    throw new TypeError(
      `randomUUID must be a function that returns UUIDs, such as that of expo-crypto${why}; got ${example}`,
    );
  }
  let digits = "";
  return () => {
    // The last digits, as others are fixed, or a time.
    if (digits.length < 3) digits = randomUUID?.().replace(/-/g, "").slice(-15) ?? "";
    const number = parseInt(digits.slice(0, 3), 16) / 0x1000;
    digits = digits.slice(3);
    return number;
  };
}
