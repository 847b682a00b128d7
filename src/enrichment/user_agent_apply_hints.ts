/** Combines client hints with the facts from the user agent. */

import type { UserAgentFacts } from "../events/enrichment.ts";
import {
  BRAND_RANKS,
  BROWSER_NAMES,
  HINTED_PLATFORMS,
  NOT_LINUX,
  OLD_WINDOWS,
  OS_NAMES,
  SPECIFIC_BRAND,
} from "./user_agent_data.ts";
import type { Brand, ParsedHints } from "./user_agent_hints.ts";

/** Replaces the `Android 10; K` of a reduced user agent with the version and model from the hints. */
export function withModel(userAgent: string, { model, platformVersion }: ParsedHints): string {
  if (model === null) return userAgent;
  const device = model.replace(/[();]/g, " ").trim();
  return device === "" ? userAgent : userAgent.replace(
    "Android 10; K)",
    `Android ${shortVersion(platformVersion ?? "10")}; ${device})`,
  );
}

/** Corrects the facts of a user agent by client hints. */
export function applyHints(facts: UserAgentFacts, hints: ParsedHints): UserAgentFacts {
  return { ...browserFacts(facts, hints), ...platformFacts(facts, hints) };
}

function browserFacts(
  { browser, browser_version }: UserAgentFacts,
  { brands, fullVersions }: ParsedHints,
): Pick<UserAgentFacts, "browser" | "browser_version"> {
  const brand = mostSpecific([...fullVersions, ...brands]);
  if (brand === undefined) return { browser, browser_version };
  const name = BROWSER_NAMES.get(brand.name) ?? brand.name;
  // The brands of an in-app browser name only its web view, but the user agent names the app.
  if (rank(brand) < SPECIFIC_BRAND && browser !== null && !/^Chrom|^Android Br/.test(browser)) {
    return { browser, browser_version };
  }
  const full = fullVersions.find((other) => other.name === brand.name)?.version;
  const version = full ?? (name === browser ? browser_version : null) ?? brand.version;
  return { browser: name, browser_version: version };
}

function mostSpecific(brands: readonly Brand[]): Brand | undefined {
  return brands.reduce<Brand | undefined>(
    (best, brand) => best === undefined || rank(brand) > rank(best) ? brand : best,
    undefined,
  );
}

function rank({ name }: Brand): number {
  return BRAND_RANKS.get(name) ?? SPECIFIC_BRAND;
}

function platformFacts(
  { os, os_version, device_type }: UserAgentFacts,
  hints: ParsedHints,
): Pick<UserAgentFacts, "os" | "os_version" | "device_type"> {
  const platform = hintedPlatform(os, hints);
  return {
    os: platform ?? os,
    os_version: platform === null
      ? os_version
      : platformVersion(platform, hints.platformVersion) ?? (platform === os ? os_version : null),
    device_type: deviceType(device_type, platform ?? os, hints.mobile),
  };
}

function hintedPlatform(os: string | null, { platform }: ParsedHints): string | null {
  const name = platform === null ? null : OS_NAMES.get(platform) ?? platform;
  if (name === null || !HINTED_PLATFORMS.has(name)) return null;
  return name === "Linux" && os !== null && !NOT_LINUX.has(os) ? null : name;
}

function platformVersion(platform: string, version: string | null): string | null {
  if (version === null || platform === "Linux") return null;
  if (platform !== "Windows") return shortVersion(version);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major >= 13) return "11";
  return major > 0 ? "10" : OLD_WINDOWS.get(`${major}.${minor}`) ?? null;
}

/** Hints have `14.0.0` where a user agent has `14`. */
function shortVersion(version: string): string {
  return version.replace(/(?:\.0)+$/, "");
}

function deviceType(
  type: string | null,
  os: string | null,
  mobile: boolean | null,
): string | null {
  // The hint distinguishes only phones: headsets and televisions may send either value.
  const handheld = type === null || type === "desktop" || type === "mobile" || type === "tablet";
  if (mobile === null || !handheld) return type;
  if (mobile) return "mobile";
  if (os === "Android") return "tablet";
  return os === null || type === "tablet" ? type : "desktop";
}
