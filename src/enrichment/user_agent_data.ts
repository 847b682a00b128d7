/** Names and classes that complete those of the user agent parser. */

/** Our names of browsers, by the brand in client hints or the parser's name. */
export const BROWSER_NAMES: ReadonlyMap<string, string> = new Map([
  ["Android WebView", "Chrome WebView"],
  ["Google Chrome", "Chrome"],
  ["HeadlessChrome", "Chrome Headless"],
  ["Headless Chrome", "Chrome Headless"],
  ["Microsoft Edge", "Edge"],
  ["Microsoft Edge WebView2", "Edge WebView2"],
  ["Opera GX", "Opera GX"],
  ["OperaMobile", "Opera Mobi"],
  ["YaBrowser", "Yandex"],
  ["Yandex Browser", "Yandex"],
  ["Samsung Browser", "Samsung Internet"],
  ["Atlas", "ChatGPT Atlas"],
  ["OpenAI Atlas", "ChatGPT Atlas"],
  ["Perplexity Comet", "Comet"],
]);

/** How specific a brand is: every Chromium browser has the first, and many call themselves Chrome too. */
export const BRAND_RANKS: ReadonlyMap<string, number> = new Map([
  ["Chromium", 0],
  ["Android WebView", 1],
  ["Google Chrome", 2],
]);

/** The rank of every other brand. */
export const SPECIFIC_BRAND = 3;

/** Our names of operating systems, by the parser's name or the platform in client hints. */
export const OS_NAMES: ReadonlyMap<string, string> = new Map([
  ["Mac OS", "macOS"],
  ["Chromium OS", "Chrome OS"],
  ["KAIOS", "KaiOS"],
  ["PLAYSTATION", "PlayStation"],
  ["Windows Phone OS", "Windows Phone"],
  ["linux", "Linux"],
]);

/** Trusted platforms of client hints; `Linux` only where the user agent has nothing more specific. */
export const HINTED_PLATFORMS: ReadonlySet<string> = new Set([
  "Windows",
  "macOS",
  "Android",
  "Chrome OS",
  "Linux",
]);

/** Operating systems of a user agent that the platform `Linux` overrides. */
export const NOT_LINUX: ReadonlySet<string> = new Set(["Windows", "macOS", "iOS"]);

/** Windows releases by the major and minor number of the platform version, which is an API version. */
export const OLD_WINDOWS: ReadonlyMap<string, string> = new Map([
  ["0.1", "7"],
  ["0.2", "8"],
  ["0.3", "8.1"],
]);

/** Device types by operating system, for user agents where the parser finds none. */
export const DEVICE_TYPES_BY_OS: ReadonlyMap<string, string> = new Map([
  ["Android", "mobile"],
  ["BlackBerry", "mobile"],
  ["Firefox OS", "mobile"],
  ["HarmonyOS", "mobile"],
  ["KaiOS", "mobile"],
  ["Series40", "mobile"],
  ["Symbian", "mobile"],
  ["Windows Mobile", "mobile"],
  ["Windows Phone", "mobile"],
  ["iOS", "mobile"],
  ["NetTV", "smarttv"],
  ["Netrange", "smarttv"],
  ["Tizen", "smarttv"],
  ["webOS", "smarttv"],
  ["Nintendo", "console"],
  ["PlayStation", "console"],
  ["Xbox", "console"],
  ["watchOS", "wearable"],
]);
