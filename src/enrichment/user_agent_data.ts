/** What the parser of user agents does not know or names otherwise than we do. */

/** Our names for browsers, by the brand in client hints or by the parser's name. */
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
]);

/** How much a brand tells: every Chromium calls itself that, and many call themselves Chrome too. */
export const BRAND_RANKS: ReadonlyMap<string, number> = new Map([
  ["Chromium", 0],
  ["Android WebView", 1],
  ["Google Chrome", 2],
]);

/** The rank of a brand that is in no list. */
export const SPECIFIC_BRAND = 3;

/** Our names for operating systems, by the parser's name or by the platform in client hints. */
export const OS_NAMES: ReadonlyMap<string, string> = new Map([
  ["Mac OS", "macOS"],
  ["Chromium OS", "Chrome OS"],
  ["KAIOS", "KaiOS"],
  ["PLAYSTATION", "PlayStation"],
  ["Windows Phone OS", "Windows Phone"],
  ["linux", "Linux"],
]);

/** Platforms of client hints that we believe; `Linux` only where the user agent knows nothing better. */
export const HINTED_PLATFORMS: ReadonlySet<string> = new Set([
  "Windows",
  "macOS",
  "Android",
  "Chrome OS",
  "Linux",
]);

/** Operating systems that a user agent may name falsely where the platform says `Linux`. */
export const NOT_LINUX: ReadonlySet<string> = new Set(["Windows", "macOS", "iOS"]);

/** Windows by the major and minor number of its platform version, which is that of an API. */
export const OLD_WINDOWS: ReadonlyMap<string, string> = new Map([
  ["0.1", "7"],
  ["0.2", "8"],
  ["0.3", "8.1"],
]);

/** The kind of device an operating system runs on, where the parser knows no device. */
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
