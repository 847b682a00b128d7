/**
 * Which requests a content blocker stops. The lists themselves are not kept here: these are shapes that
 * their rules for any site have, collected from lists of August 2026.
 */

/** What a page requests something as; `ping` is `navigator.sendBeacon`. */
export type RequestKind = "script" | "image" | "fetch" | "ping";

/** Rules of hosts: a first label that says what the service is for, and a path that confirms it. */
const HOSTS = [
  /^(analytics|collector|stats|tracking)\..*\/event/i,
  /^(analytics|track)\..*\/collect/i,
  /^(collect|collector|stats|tracking)\..*\/(pageview|impression)/i,
  /^beacon\..*\/track/i,
  /^(e|t|trk)\..*\/open\b/i,
  /^tracking\..*\/beacon\//i,
];
/** Files with the name of what they are for, in any folder. */
const FILES =
  /[\/_-](analytics|beacon|count(er)?|event-?tracking|fingerprint|hit|logger|metrics?|pageviews?|plausible|stats?|telemetry|track(er|ing)?|umami)(\.min)?\.js$/i;
/** Images of one pixel, by names that say so or say nothing, with a query. */
const IMAGES =
  /\/(.{0,3}|\w*(analytics|beacon|blank|clear|collect|event|impression|open|pixel|pix|px|spacer|stat|track)\w*)\.(gif|png)\?/i;
/** Paths that say what is done with a request. */
const PATHS =
  /\/(analytics|beacons?|collect(or)?|log|metrics|pageviews?|stats|telemetry|track(er|ing)?)(\/|\?|$)/i;

/** Whether a list has a rule for a request that a page of another site makes. */
export function isListed(kind: RequestKind, url: string): boolean {
  if (kind === "ping") return true; // one rule for all of them
  const { host, pathname, search } = new URL(url);
  const path = pathname + search;
  if (HOSTS.some((rule) => rule.test(host + path))) return true;
  if (kind === "script" && FILES.test(pathname)) return true;
  if (kind === "image" && IMAGES.test(path)) return true;
  return PATHS.test(path);
}
