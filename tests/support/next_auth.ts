/** A session cookie of NextAuth v4. */

/** The secret of the cookie. */
export const SECRET_OF_NEXT_AUTH = "0123456789abcdef0123456789abcdef";

/**
 * Made with this secret by `encode` of `next-auth/jwt` 4.24.15, for a hundred years. Its package would
 * install Next.js (150 MB) as its peer.
 */
export const OF_NEXT_AUTH =
  "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..RjRnN9iDjlYpbHlt.QWE6SayCACm4ninmiAsY--Z3Ba3hHpCiLFRujOqXtOBKBYk4XZ7h1O0zrzWU10dEJ7y-ejuqsF_RdO2SuhU7A3uFupBkhwjmfRkaUYbvvvflu2cX0p3v_QEa7brbGFi73xz_qV2ORrLHVrQmeZ9VkGUXWeTuMUOZ8rgRU-gjY9_cukmQbyM0iOvpPOqGGK-1gMgAirtmtqE.nSznnho180tKualZ0NH91w";
