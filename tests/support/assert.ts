/** `@std/assert` with types, which the copy on npm lacks. */

import * as std from "@std/assert";

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** Fails unless `condition` is truthy. */
export const assert: (condition: unknown, message?: string) => asserts condition = std.assert;

/** Fails unless both are deeply equal. */
export const assertEquals: <T>(actual: T, expected: T, message?: string) => void = std.assertEquals;

/** Fails if both are deeply equal. */
export const assertNotEquals: <T>(actual: T, expected: T, message?: string) => void =
  std.assertNotEquals;

/** Fails unless both are identical (`Object.is`). */
export const assertStrictEquals: <T>(actual: T, expected: T, message?: string) => void =
  std.assertStrictEquals;

/** Fails for `null` and `undefined`. */
export const assertExists: <T>(
  actual: T,
  message?: string,
) => asserts actual is NonNullable<T> = std.assertExists;

/** Fails unless the text contains the other. */
export const assertStringIncludes: (actual: string, expected: string, message?: string) => void =
  std.assertStringIncludes;

/** Fails unless the text matches. */
export const assertMatch: (actual: string, expected: RegExp, message?: string) => void =
  std.assertMatch;

/** Fails if the text matches. */
export const assertNotMatch: (actual: string, expected: RegExp, message?: string) => void =
  std.assertNotMatch;

/** Fails unless `actual` has all of `expected`. */
export const assertObjectMatch: (actual: object, expected: object, message?: string) => void =
  std.assertObjectMatch;

/** Fails unless `actual` is greater. */
export const assertGreater: <T>(actual: T, expected: T, message?: string) => void =
  std.assertGreater;

/** Fails unless `actual` is less. */
export const assertLess: <T>(actual: T, expected: T, message?: string) => void = std.assertLess;

/** Fails unless `actual` is less or equal. */
export const assertLessOrEqual: <T>(actual: T, expected: T, message?: string) => void =
  std.assertLessOrEqual;

/** Fails unless `actual` is greater or equal. */
export const assertGreaterOrEqual: <T>(actual: T, expected: T, message?: string) => void =
  std.assertGreaterOrEqual;

/** Fails unless the array contains all of `expected`. */
export const assertArrayIncludes: <T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  message?: string,
) => void = std.assertArrayIncludes;

/** Fails unless `actual` is of the class. */
export const assertInstanceOf: <T>(
  actual: unknown,
  expected: abstract new (...args: never[]) => T,
  message?: string,
) => asserts actual is T = std.assertInstanceOf;

/** Fails unless `work` throws. */
export const assertThrows: <E extends Error = Error>(
  work: () => unknown,
  expected?: ErrorClass<E>,
  includes?: string,
) => E = std.assertThrows;

/** Fails unless the promise of `work` is rejected. */
export const assertRejects: <E extends Error = Error>(
  work: () => Promise<unknown>,
  expected?: ErrorClass<E>,
  includes?: string,
) => Promise<E> = std.assertRejects;
