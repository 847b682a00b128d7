/** The result of verifying a caller's token (contract 6.1, 6.2). */

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
  | "subject"
  | "claim";

/** A token that is not accepted. */
export interface TokenRefusal {
  readonly reason: RefusalReason;
  /** A clause about the token for its sender: `it expired at …`. */
  readonly message: string;
}

/** The result of verifying a caller's token. */
export type Identification =
  | { readonly kind: "identified"; readonly identity: Identity; readonly isAdmin: boolean }
  | ({ readonly kind: "refused" } & TokenRefusal)
  /** The token cannot be verified, because no keys could be read (contract 2.9). */
  | { readonly kind: "unverified" };
