/** Finds the API key of a request. */

import { PREFIX } from "./format.ts";

const IN_AUTHORIZATION = /^(?:\S+[ \t]+)?(sluice_key_\S*)$/;

/** The header `X-Api-Key`: a key, or whatever a gateway uses the header for; `null` without it. */
export function readKeyHeader(headers: Headers): string | null {
  return headers.get("x-api-key");
}

/**
 * The key of a request, well-formed or not, in `X-Api-Key` or `Authorization`; `null` if it has none.
 *
 * @param given as `readKeyHeader` returns it
 */
export function readKey(headers: Headers, given = readKeyHeader(headers)): string | null {
  if (given !== null && given.startsWith(PREFIX)) return given;
  const authorization = headers.get("authorization");
  return authorization === null ? null : IN_AUTHORIZATION.exec(authorization)?.[1] ?? null;
}
