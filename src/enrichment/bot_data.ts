/** What gives a machine away in its user agent or brands, besides the list of the package isbot. */

/** Browsers without a window. */
export const HEADLESS = /Headless\w*|PhantomJS|SlimerJS|CasperJS|HtmlUnit|Zombie\.js|jsdom/i;

/** Tools that drive a browser. Electron is none: it is how desktop apps are built. */
export const AUTOMATION =
  /Playwright|Puppeteer|Selenium|WebDriver|Cypress|TestCafe|Nightwatch|WebdriverIO|Nightmare/i;

/** What a crawler calls itself, as no app and no server library does. */
export const DECLARED = /^Mozilla\/|bots?\b|crawl|spider|slurp|externalhit/i;
