/** Idempotency keys of the load. */

/**
 * Which idempotency keys the events of a load have: none, random ones (UUIDv4), or ones that begin with
 * the time (UUIDv7), as the SDK's do.
 */
export type Keys = "none" | "random" | "ordered";

/** How to say which keys the events of a figure have. */
export const KEY_NAMES: Readonly<Record<Keys, string>> = {
  none: "no keys",
  random: "random keys",
  ordered: "time-ordered keys",
};

/** Hexadecimal digits of a key before and after its version and variant. */
export const KEY_DIGITS = 12;
const BITS = KEY_DIGITS * 4;

/** What is between them. */
export const KEY_MIDDLES = { random: "-4000-9000-", ordered: "-7000-9000-" } as const;

/** Returns the digits of a new key as two numbers. */
export function makeKeyDigits(keys: Exclude<Keys, "none">): readonly [number, number] {
  return [keys === "ordered" ? Date.now() : randomDigits(), randomDigits()];
}

/** Makes a key as text. */
export function makeKey(keys: Exclude<Keys, "none">): string {
  const [head, tail] = makeKeyDigits(keys).map((number) =>
    number.toString(16).padStart(KEY_DIGITS, "0")
  );
  return `${head?.slice(0, 8)}-${head?.slice(8)}${KEY_MIDDLES[keys]}${tail}`;
}

function randomDigits(): number {
  return Math.floor(Math.random() * 2 ** BITS);
}
