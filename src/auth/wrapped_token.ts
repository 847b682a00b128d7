/** Reads the token in a cookie that has more than the token, as those of Supabase do (contract 6.14). */

/** Two or three tokens, and what a provider says about the user. */
const MAX_LENGTH = 65_536;
const BASE64 = "base64-";

/**
 * The access token in a session as JSON, `{"access_token": …}` or `["…", …]`, which may be
 * percent-encoded, or in base64 after `base64-`; any other value as it is.
 */
export function unwrapToken(value: string): string {
  if (!/^(?:base64-|[[{]|%5B|%7B)/i.test(value) || value.length > MAX_LENGTH) return value;
  try {
    const session: unknown = JSON.parse(decode(value));
    const token = Array.isArray(session)
      ? session[0]
      : (session as { readonly access_token?: unknown } | null)?.access_token;
    return typeof token === "string" ? token : value;
  } catch {
    return value; // refused as what it is: no token
  }
}

function decode(value: string): string {
  if (!value.startsWith(BASE64)) return value.startsWith("%") ? decodeURIComponent(value) : value;
  const base64 = value.slice(BASE64.length).replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
