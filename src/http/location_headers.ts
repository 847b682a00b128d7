/** Reads the headers in which platforms send a caller's place. */

import { cut } from "../events/cut.ts";
import type { Place } from "../events/types.ts";

/** The platforms, with the names of their headers. */
const HEADERS = {
  cloudflare: { country: "cf-ipcountry", region: "cf-region", city: "cf-ipcity" },
  vercel: {
    country: "x-vercel-ip-country",
    region: "x-vercel-ip-country-region",
    city: "x-vercel-ip-city",
  },
  cloudfront: {
    country: "cloudfront-viewer-country",
    region: "cloudfront-viewer-country-region-name",
    city: "cloudfront-viewer-city",
  },
  fastly: { country: "x-country-code", region: null, city: null },
} as const;

const MAX_PLACE = 128;

/** The platform whose headers are trusted (`LOCATION_HEADERS`). */
export type LocationHeaders = keyof typeof HEADERS | "none";

/** The caller's place, as the platform reports it. Any caller can send such headers to another one. */
export function readPlace(headers: Headers, platform: LocationHeaders): Place | null {
  if (platform === "none") return null;
  const names = HEADERS[platform];
  const read = (name: string | null) => {
    const value = name === null ? null : headers.get(name);
    return value ? cut(decode(value), MAX_PLACE) : null;
  };
  const country = read(names.country)?.toUpperCase() ?? null;
  // Cloudflare sends XX for unknown and T1 for Tor.
  if (country === null || !/^[A-Z]{2}$/.test(country) || country === "XX") return null;
  return { country, region: read(names.region), city: read(names.city) };
}

/** Vercel percent-encodes names; Cloudflare sends UTF-8, which Deno reads byte by byte. */
function decode(value: string): string {
  try {
    return decodeURIComponent(/[\x80-\xff]/.test(value) ? decodeUtf8(value) : value);
  } catch {
    return value;
  }
}

function decodeUtf8(bytes: string): string {
  const array = Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
  return new TextDecoder("utf-8", { fatal: true }).decode(array);
}
