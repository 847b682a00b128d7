/** The host that a URL names, in the one form in which hosts are compared and stored. */

import { APPS } from "./channels.ts";

const MAX_HOST = 253;
const apps: ReadonlyMap<string, string> = new Map(Object.entries(APPS));

/**
 * The host of a page or an app: lower case, without `www.` and port, names of other scripts as punycode.
 * A known app stands as its site (`mail.google.com`), another one as its id. `null` for what is neither.
 */
export function hostOf(url: URL | null): string | null {
  switch (url?.protocol) {
    case "http:":
    case "https:":
      return tidy(url.hostname);
    case "android-app:": {
      const id = url.hostname.toLowerCase();
      return apps.get(id) ?? (/^[a-z0-9_.-]+$/.test(id) ? tidy(id) : null);
    }
    default:
      return null;
  }
}

/** The URL that a value of any type is; `null` where it is none. */
export function urlOf(value: unknown): URL | null {
  return typeof value === "string" && value !== "" ? URL.parse(value) : null;
}

/** Whether `host` is `domain` or stands below it. */
export function isWithin(host: string, domain: string): boolean {
  return host.endsWith(domain) &&
    (host.length === domain.length || host.at(-domain.length - 1) === ".");
}

function tidy(hostname: string): string | null {
  const host = hostname.replace(/\.$/, "").replace(/^www\.(?=.*\.)/, "");
  return host === "" || host.length > MAX_HOST ? null : host;
}
