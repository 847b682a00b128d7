/** Finds the API key of a request. */

import { PREFIX } from "./format.ts";

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
  return findKey(given) ?? findKey(headers.get("authorization"));
}

/**
 * From the prefix on: what is before it is a scheme, or a quotation mark of a file of settings. What does not
 * belong to the key after it makes it a mistyped one, as its sender is not to be anonymous without a word.
 */
function findKey(header: string | null): string | null {
  if (header === null) return null;
  const start = header.indexOf(PREFIX);
  return start === -1 ? null : header.slice(start);
}
