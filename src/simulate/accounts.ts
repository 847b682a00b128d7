/** User accounts that simulated visitors sign in with: creators, brands and a few plain viewers. */

import { mintToken } from "../auth/token.ts";
import type { AuthConfig } from "../config.ts";
import type { Marketplace } from "./marketplace.ts";

/** A user with a token. */
export interface Account {
  readonly sub: string;
  readonly role: "CREATOR" | "BRAND" | "VIEWER";
  /** Id of the user's creator or brand profile; `null` for viewers. */
  readonly profileId: string | null;
  readonly token: string;
}

/** The key and standard claims for minting tokens. */
export interface TokenSigning {
  readonly secret: string;
  readonly issuer: string | null;
  readonly audience: string | null;
  readonly claims?: AuthConfig["claims"];
  readonly expiresInSeconds: number;
}

const VIEWERS = 20;

/** Creates an account, with its token, for every creator and brand of the marketplace and 20 viewers. */
export async function mintAccounts(
  marketplace: Marketplace,
  signing: TokenSigning,
  nowMs: number,
): Promise<Account[]> {
  const { secret, ...claims } = signing;
  const users: Omit<Account, "token">[] = [
    ...marketplace.creators.map(({ id, slug }) => ({
      sub: `user_${slug}`,
      role: "CREATOR" as const,
      profileId: id,
    })),
    ...marketplace.brands.map(({ id, slug }) => ({
      sub: `user_${slug}`,
      role: "BRAND" as const,
      profileId: id,
    })),
    ...Array.from({ length: VIEWERS }, (_, i) => ({
      sub: `user_viewer-${i + 1}`,
      role: "VIEWER" as const,
      profileId: null,
    })),
  ];
  return await Promise.all(users.map(async (user) => ({
    ...user,
    token: await mintToken(secret, { ...claims, ...userClaims(user) }, nowMs),
  })));
}

function userClaims({ sub, role, profileId }: Omit<Account, "token">) {
  return {
    sub,
    role,
    ...(profileId !== null && role === "CREATOR" ? { creatorId: profileId } : {}),
    ...(profileId !== null && role === "BRAND" ? { brandId: profileId } : {}),
  };
}
