/** Corrects user agents that the parser misreads. */

import type { UserAgentFacts } from "../events/enrichment.ts";

/** Image proxies of mail providers; the browser they claim is not the reader's. */
const MAIL_PROXY = /GoogleImageProxy|YahooMailProxy/;

/** Browsers that the parser mistakes for others; the group captures the version. */
const BROWSERS: readonly (readonly [name: string, pattern: RegExp])[] = [
  // The desktop browser of OpenAI, where the user agent names it at all; else its brand does.
  ["ChatGPT Atlas", /Chrome\/.*(?: |ChatGPT|OpenAI)Atlas\/(\d+(?:\.\d+)*)/],
  ["BlackBerry", /^BlackBerry|\(BB10;.*Version\/(\d+(?:\.\d+)*)/],
  ["GSA", /\bGSA\/(\d+(?:\.\d+)*)/],
  ["Naver", /NAVER\(inapp; search; \d+; (\d+(?:\.\d+)*)/],
  ["Nintendo Browser", /NintendoBrowser\/(\d+(?:\.\d+)*)/],
  ["Pinterest", /\[Pinterest\/(?:iOS|Android)/],
  ["Samsung Internet", /SMART-TV; Linux; Tizen(?:.*SamsungBrowser\/(\d+(?:\.\d+)*))?/i],
  ["Threads", /\bBarcelona (\d+(?:\.\d+)*)/],
  // TikTok's web view, its apps and their requests. Before a version with dots there is a build number.
  ["TikTok", /^(?!.*\bAppName\/(?!(?:musical_ly|trill)\b)).*\bBytedanceWebview\b/],
  ["TikTok", /\b(?:musical_ly|trill)_\d|^com\.zhiliaoapp\.musically|^com\.ss\.android\.ugc\.trill/],
  ["TikTok", /\b(?:musical_ly_|trill_|TikTok[/ ])(\d+(?:\.\d+)+)/],
  ["TikTok", /\bAppName\/(?:musical_ly|trill)\b.* app_version\/(\d+(?:\.\d+)*)/],
  ["Thunderbird", /\bThunderbird\/(\d+(?:\.\d+)*)/],
];

const OTHER_FACTS: readonly (readonly [pattern: RegExp, facts: Partial<UserAgentFacts>])[] = [
  // Chrome sends this version and model for every Android.
  [/Android 10; K\)/, { os_version: null }],
  [/Android 10; K\).* Mobile /, { device_type: "mobile" }],
  // Browsers send this version, the last before 11, for every macOS (Firefox without the 7).
  [/Mac OS X 10[._]15(?:[._]7)?[;)]/, { os_version: null }],
  [/J2ME\/MIDP/, { os: null, os_version: null }],
  [/^Roku\//, { os: "Roku OS" }],
  [/Apple TV;/, { os: "tvOS" }],
];

/** The iOS of an in-app browser, where the app adds it: Facebook and Messenger, Instagram and Threads. */
const APP_IOS =
  /\bFBSV\/(\d+(?:\.\d+)*)|\((?:iPhone|iPad|iPod)[\d,]*; (?:iPadOS|iOS) (\d+(?:_\d+)*);/;

/**
 * From Safari 26 on the version of iOS and iPadOS is frozen at 18.x (webkit.org, “WebKit Features in
 * Safari 26.0”), but Safari has the version of the system that it is part of.
 */
const FROZEN_IOS = /OS 18_\d+(?:_\d+)? like Mac OS X.*\bVersion\/(\d+(?:\.\d+)*)/;
const FIRST_FROZEN_SAFARI = 26;

/** Whether the request came from an image proxy of a mail provider. */
export function isMailProxy(userAgent: string): boolean {
  return MAIL_PROXY.test(userAgent);
}

/** Applies the corrections to the parsed facts of a user agent. */
export function correctFacts(userAgent: string, facts: UserAgentFacts): UserAgentFacts {
  const corrected: { -readonly [K in keyof UserAgentFacts]: UserAgentFacts[K] } = { ...facts };
  for (const [browser, pattern] of BROWSERS) {
    const match = pattern.exec(userAgent);
    if (match) Object.assign(corrected, { browser, browser_version: match[1] ?? null });
  }
  for (const [pattern, others] of OTHER_FACTS) {
    if (pattern.test(userAgent)) Object.assign(corrected, others);
  }
  if (corrected.os === "iOS") corrected.os_version = findIos(userAgent) ?? corrected.os_version;
  return corrected.os === null && corrected.browser === "WebKit"
    ? { ...corrected, browser: null, browser_version: null } // an engine, not a browser
    : corrected;
}

/** Returns the version of iOS that a user agent has beside the frozen one. */
function findIos(userAgent: string): string | undefined {
  const app = APP_IOS.exec(userAgent);
  const named = app?.[1] ?? app?.[2]?.replaceAll("_", ".");
  if (named !== undefined) return named;
  const safari = FROZEN_IOS.exec(userAgent)?.[1];
  return Number.parseInt(safari ?? "", 10) >= FIRST_FROZEN_SAFARI ? safari : undefined;
}
