/** The result of verifying a caller's token or API key (contract 6.1, 6.2, 13.1). */

import type { ApiKey } from "./api_key.ts";

/** A caller, as a verified token identifies it (contract 6.1). */
export interface Identity {
  /** The claim `sub`, or where `AUTH_CLAIM_USER` says. */
  readonly userId: string;
  /** `ADMIN`, `CREATOR`, `BRAND`, … */
  readonly role: string | null;
  readonly creatorId: string | null;
  readonly brandId: string | null;
}

/** Why a token is not accepted: a label of metrics and logs, never a part of the token. */
export type RefusalReason =
  | "malformed"
  | "too_long"
  | "not_configured"
  | "algorithm"
  | "signature"
  | "decryption"
  | "key"
  | "expired"
  | "not_yet_valid"
  | "issuer"
  | "audience"
  | "session"
  | "subject"
  | "claim"
  /** `X-Api-Key` has something else than a key of this service. */
  | "api_key";

/** A token that is not accepted. */
export interface TokenRefusal {
  readonly reason: RefusalReason;
  /** A clause about the token for its sender: `it expired at …`. */
  readonly message: string;
}

/** An API key that is not accepted. */
export interface KeyRefusal {
  readonly reason: "mistyped" | "unknown" | "revoked";
  /** A sentence for its sender, with its name or its first and last characters. */
  readonly message: string;
}

/** The result of verifying a caller's token or API key. */
export type Identification =
  | { readonly kind: "identified"; readonly identity: Identity; readonly isAdmin: boolean }
  | { readonly kind: "key"; readonly key: ApiKey }
  | ({ readonly kind: "refused" } & TokenRefusal)
  | ({ readonly kind: "key_refused" } & KeyRefusal)
  /**
   * It cannot be verified, because no keys could be read to verify a token with,
   * because AUTH_SESSION_URL does not say whose it is, or because an API key is
   * not known and Postgres is away (contract 2.9).
   */
  | { readonly kind: "unverified"; readonly credential?: "key" };
