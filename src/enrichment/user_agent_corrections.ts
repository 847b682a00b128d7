/** Corrects user agents that the parser misreads. */

import type { UserAgentFacts } from "../events/enrichment.ts";

/** Image proxies of mail providers; the browser they claim is not the reader's. */
const MAIL_PROXY = /GoogleImageProxy|YahooMailProxy/;

/** Browsers that the parser mistakes for others; the group captures the version. */
const BROWSERS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["BlackBerry", /^BlackBerry|\(BB10;.*Version\/(\d+(?:\.\d+)*)/],
  ["GSA", /\bGSA\/(\d+(?:\.\d+)*)/],
  ["Naver", /NAVER\(inapp; search; \d+; (\d+(?:\.\d+)*)/],
  ["Nintendo Browser", /NintendoBrowser\/(\d+(?:\.\d+)*)/],
  ["Pinterest", /\[Pinterest\/(?:iOS|Android)/],
  ["Samsung Internet", /SMART-TV; Linux; Tizen(?:.*SamsungBrowser\/(\d+(?:\.\d+)*))?/i],
  ["Threads", /\bBarcelona (\d+(?:\.\d+)*)/],
  ["Thunderbird", /\bThunderbird\/(\d+(?:\.\d+)*)/],
];

const OTHER_FACTS: readonly (readonly [pattern: RegExp, facts: Partial<UserAgentFacts>])[] = [
  // Chrome sends this version and model for every Android.
  [/Android 10; K\)/, { os_version: null }],
  [/Android 10; K\).* Mobile /, { device_type: "mobile" }],
  [/J2ME\/MIDP/, { os: null, os_version: null }],
  [/^Roku\//, { os: "Roku OS" }],
  [/Apple TV;/, { os: "tvOS" }],
];

/** Whether the request came from an image proxy of a mail provider. */
export function isMailProxy(userAgent: string): boolean {
  return MAIL_PROXY.test(userAgent);
}

/** Applies the corrections to the parsed facts of a user agent. */
export function correctFacts(userAgent: string, facts: UserAgentFacts): UserAgentFacts {
  const corrected = { ...facts };
  for (const [browser, pattern] of BROWSERS) {
    const match = pattern.exec(userAgent);
    if (match) Object.assign(corrected, { browser, browser_version: match[1] ?? null });
  }
  for (const [pattern, others] of OTHER_FACTS) {
    if (pattern.test(userAgent)) Object.assign(corrected, others);
  }
  return corrected.os === null && corrected.browser === "WebKit"
    ? { ...corrected, browser: null, browser_version: null } // an engine, not a browser
    : corrected;
}
