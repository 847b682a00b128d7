/** Browser, operating system and kind of device, from the user agent. */

import { UAParser } from "ua-parser-js";
import type { UserAgentFacts } from "../events/enrichment.ts";

/** Parses a user agent. */
export function parseUserAgent(userAgent: string | null): UserAgentFacts {
  const { browser, os, device } = new UAParser(userAgent ?? "").getResult();
  return {
    browser: browser.name ?? null,
    browser_version: browser.version ?? null,
    os: os.name ?? null,
    os_version: os.version ?? null,
    // The parser names no desktops; an operating system with a browser on no other device is one.
    device_type: device.type ?? (os.name && browser.name ? "desktop" : null),
  };
}
