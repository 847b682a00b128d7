/** User agents of browsers, apps, bots and mail clients. */

/** A kind of client. */
export type AgentKind = "desktop" | "mobile" | "tablet" | "in_app" | "bot" | "app" | "mail";

const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0";
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)";
const IPAD = "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X)";
const WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)";

/** User agents by kind, the more common ones first. */
export const USER_AGENTS: Readonly<Record<AgentKind, readonly string[]>> = {
  desktop: [
    `${WINDOWS} ${CHROME} Safari/537.36`,
    `${MAC} ${CHROME} Safari/537.36`,
    `${MAC} ${WEBKIT} Version/18.6 Safari/605.1.15`,
    `${WINDOWS} ${CHROME} Safari/537.36 Edg/141.0.0.0`,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME} Safari/537.36`,
    `${WINDOWS} ${CHROME} Safari/537.36 OPR/122.0.0.0`,
  ],
  mobile: [
    `${IPHONE} ${WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1`,
    `Mozilla/5.0 (Linux; Android 10; K) ${CHROME} Mobile Safari/537.36`,
    `Mozilla/5.0 (Linux; Android 14; SM-S921B) ${CHROME} Mobile Safari/537.36`,
    `${IPHONE} ${WEBKIT} CriOS/141.0.7390.41 Mobile/15E148 Safari/604.1`,
    "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-A536B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0",
  ],
  tablet: [
    `${IPAD} ${WEBKIT} Version/17.7 Mobile/15E148 Safari/604.1`,
    `Mozilla/5.0 (Linux; Android 13; SM-X200) ${CHROME} Safari/537.36`,
  ],
  in_app: [
    `${IPHONE} ${WEBKIT} Mobile/15E148 Instagram 398.0.0.30.74 (iPhone15,2; iOS 18_6; en_GB; en; scale=3.00; 1179x2556; 770000000)`,
    `${IPHONE} ${WEBKIT} Mobile/15E148 [FBAN/FBIOS;FBAV/530.0.0.40.73;FBBV/780000000;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/18.6;FBSS/3;FBLC/en_GB]`,
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP2A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/141.0.0.0 Mobile Safari/537.36 Instagram 398.0.0.43.79 Android",
    `${IPHONE} ${WEBKIT} Mobile/15E148 LinkedInApp/9.31.2000`,
  ],
  bot: [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36",
    "python-requests/2.32.3",
  ],
  app: [
    "Gallery/4.12.0 (iPhone; iOS 18.6; Scale/3.00)",
    "Gallery/4.11.2 (Linux; Android 14; Pixel 8) okhttp/4.12.0",
  ],
  mail: [
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    `${IPHONE} ${WEBKIT} Mobile/15E148`,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0",
    `${MAC} ${WEBKIT}`,
  ],
};
