/** Accounts to sign in with: creators, brands and a few people who are neither. */

import { mintToken } from "../auth/token.ts";
import type { World } from "./world.ts";

/** Somebody with a token. */
export interface Account {
  readonly sub: string;
  readonly role: "CREATOR" | "BRAND" | "VIEWER";
  /** The creator's or brand's own page. */
  readonly profileId: string | null;
  readonly token: string;
}

/** How tokens are signed. */
export interface Signing {
  readonly secret: string;
  readonly issuer: string | null;
  readonly audience: string | null;
  readonly expiresInSeconds: number;
}

const VIEWERS = 20;

/** Mints a token for every account. */
export async function mintAccounts(
  world: World,
  signing: Signing,
  nowMs: number,
): Promise<Account[]> {
  const { secret, ...claims } = signing;
  const people: Omit<Account, "token">[] = [
    ...world.creators.map(({ id, slug }) => ({
      sub: `user_${slug}`,
      role: "CREATOR" as const,
      profileId: id,
    })),
    ...world.brands.map(({ id, slug }) => ({
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
  return await Promise.all(people.map(async (person) => ({
    ...person,
    token: await mintToken(secret, { ...claims, ...ownProfile(person) }, nowMs),
  })));
}

function ownProfile({ sub, role, profileId }: Omit<Account, "token">) {
  return {
    sub,
    role,
    ...(profileId !== null && role === "CREATOR" ? { creatorId: profileId } : {}),
    ...(profileId !== null && role === "BRAND" ? { brandId: profileId } : {}),
  };
}
