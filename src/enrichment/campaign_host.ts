/** Normalizes hosts to the form in which they are compared and stored. */

import { APPS } from "./channels_apps.ts";

const MAX_HOST = 253;
const apps: ReadonlyMap<string, string> = new Map(Object.entries(APPS));

/**
 * Returns the host of a page or an app, in lower case and punycode, without `www.` and port. A known app
 * counts as its site (`mail.google.com`), any other as its id. `null` for other URLs.
 */
export function readHost(url: URL | null): string | null {
  switch (url?.protocol) {
    case "http:":
    case "https:":
      return normalize(url.hostname);
    case "android-app:": {
      const id = url.hostname.toLowerCase();
      return apps.get(id) ?? (/^[a-z0-9_.-]+$/.test(id) ? normalize(id) : null);
    }
    default:
      return null;
  }
}

/** Parses a URL; `null` if the value is not one. */
export function parseUrl(value: unknown): URL | null {
  return typeof value === "string" && value !== "" ? URL.parse(value) : null;
}

/** Whether `host` is `domain` or a subdomain of it. */
export function isWithin(host: string, domain: string): boolean {
  return host.endsWith(domain) &&
    (host.length === domain.length || host.at(-domain.length - 1) === ".");
}

function normalize(hostname: string): string | null {
  const host = hostname.replace(/\.$/, "").replace(/^www\.(?=.*\.)/, "");
  return host === "" || host.length > MAX_HOST ? null : host;
}
