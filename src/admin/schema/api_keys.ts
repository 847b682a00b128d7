/** The schemas of `admin.apiKeys.*`. */

import { z } from "zod";
import { SCOPES } from "../../events/api_key.ts";
import { text, time, uuid } from "./fields.ts";

const MAX_NAME = 100;
const MAX_RATE = 1_000_000;
const RATE = `must be a number above 0 and at most ${MAX_RATE}`;

const name = text.pipe(
  z.string().trim().min(1, "must not be blank").max(
    MAX_NAME,
    `must have at most ${MAX_NAME} characters`,
  ),
);
const scopes = z.array(z.enum(SCOPES, `must be one of ${SCOPES.join(", ")}`)).min(
  1,
  `must have at least one of ${SCOPES.join(", ")}`,
);

/** Input of `admin.apiKeys.create`. */
export const newApiKeyInput = z.object({
  /** What the key is for: `billing`. It may be that of another key. */
  name,
  scopes,
  /** A label for people: `production`. */
  environment: name.nullable().default(null),
  /** Its own rate limit; `null`: `RATE_LIMIT_EVENTS_PER_SECOND`. */
  eventsPerSecond: z.number(RATE).gt(0, RATE).max(MAX_RATE, RATE).nullable().default(null),
});
/** See `newApiKeyInput`. */
export type NewApiKeyInput = z.infer<typeof newApiKeyInput>;

/** Output of `admin.apiKeys.create`. */
export const createdApiKey = z.object({
  id: uuid,
  /** The key itself, which cannot be shown again. */
  key: z.string(),
});
/** See `createdApiKey`. */
export type CreatedApiKey = z.infer<typeof createdApiKey>;

/** Output of `admin.apiKeys.list`: those in use first, the latest first. */
export const apiKeys = z.object({
  keys: z.array(z.object({
    /** The `actor_id` of its events. */
    id: uuid,
    name: z.string(),
    /** Its first and last characters. */
    hint: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    environment: z.string().nullable(),
    eventsPerSecond: z.number().nullable(),
    isRevoked: z.boolean(),
    createdAt: time.nullable(),
    /** Up to a minute late. */
    lastUsedAt: time.nullable(),
    revokedAt: time.nullable(),
  })),
});
/** See `apiKeys`. */
export type ApiKeys = z.infer<typeof apiKeys>;

/** Input of `admin.apiKeys.revoke`. */
export const revokeInput = z.object({ id: uuid });

/** Output of `admin.apiKeys.revoke`: whether it was in use. */
export const revoked = z.object({ revoked: z.boolean() });
