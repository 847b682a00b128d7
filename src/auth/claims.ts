/** Reads from a token's claims who its sender is (contract 6.1, 6.5). */

import type { JWTPayload } from "jose";
import type { Identity } from "../events/identification.ts";
import { RefusedTokenError } from "./refusal.ts";

/** What an indexed text column can comfortably hold. */
const MAX_LENGTH = 255;
const EXPECTED =
  `must be a text of 1 to ${MAX_LENGTH} characters or a whole number within ±${Number.MAX_SAFE_INTEGER}`;

/**
 * Reads the identity. Optional claims that cannot be stored as ids count as absent.
 *
 * @throws {RefusedTokenError} if `sub` is no id
 */
export function readIdentity(payload: JWTPayload): Identity {
  const { sub } = payload;
  const fault = findFault(sub);
  if (fault !== null) {
    throw new RefusedTokenError("subject", `its claim sub ${fault}, ${EXPECTED}`);
  }
  return {
    userId: String(sub),
    role: readOptional(payload["role"]),
    creatorId: readOptional(payload["creatorId"]),
    brandId: readOptional(payload["brandId"]),
  };
}

function readOptional(value: unknown): string | null {
  return findFault(value) === null ? String(value) : null;
}

/** Why a claim is no id; `null` if it is one. An id that is stored differently would be another's. */
function findFault(value: unknown): string | null {
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
