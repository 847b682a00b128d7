/** Signs of bots in user agents and brands, in addition to those of the package isbot. */

/** Headless browsers. */
export const HEADLESS = /Headless\w*|PhantomJS|SlimerJS|CasperJS|HtmlUnit|Zombie\.js|jsdom/i;

/** Browser automation. Not Electron, which desktop apps are built with. */
export const AUTOMATION =
  /Playwright|Puppeteer|Selenium|WebDriver|Cypress|TestCafe|Nightwatch|WebdriverIO|Nightmare/i;

/** How crawlers declare themselves, unlike apps and server libraries. */
export const DECLARED = /^Mozilla\/|bots?\b|crawl|spider|slurp|externalhit/i;
