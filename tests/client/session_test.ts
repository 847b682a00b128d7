import { assert, assertEquals } from "../support/assert.ts";
import { createAnalytics } from "../../src/client/analytics.ts";
import { FakePage } from "./fake_page.ts";
import { open } from "./open.ts";

Deno.test("10.16 a session lasts while there are events, and ends after half an hour without", async () => {
  const { page, analytics } = open();
  const first = analytics.getSessionId();
  await page.advance(29 * 60_000);
  analytics.track("a");
  await page.advance(29 * 60_000);
  assertEquals(analytics.getSessionId(), first);
  await page.advance(30 * 60_000);
  assert(analytics.getSessionId() !== first);
});

Deno.test("10.16 a session keeps the attribution of its first page", () => {
  const page = new FakePage();
  const first = open({}, page).analytics.getAttribution();
  for (const query of ["", "?q=shoes", "?utm_source=mail"]) {
    page.href = `https://shop.example/other${query}`;
    assertEquals(open({}, page).analytics.getAttribution(), first);
  }
  assertEquals(first?.utmSource, "mail");
});

Deno.test("10.23 a new campaign or click id is a new arrival in the same session, each once", () => {
  const page = new FakePage();
  const first = open({}, page).analytics;
  const session = first.getSessionId();
  const pages = [
    "https://shop.example/sale?utm_source=ad&utm_campaign=sale",
    "https://shop.example/sale?utm_source=ad&utm_campaign=sale&gclid=1",
    "https://shop.example/sale?utm_source=ad&utm_campaign=sale&gclid=2",
    "https://shop.example/?fbclid=1",
  ];
  for (const href of pages) {
    page.href = href;
    const { analytics } = open({}, page);
    const attribution = analytics.getAttribution();
    assertEquals(attribution?.landingPage, href);
    assertEquals(attribution?.utmSource, href.includes("utm") ? "ad" : undefined);
    assertEquals(analytics.getSessionId(), session);
  }
  page.href = pages[0] ?? ""; // reloaded, or gone back to
  assertEquals(open({}, page).analytics.getAttribution()?.landingPage, pages[3]);
  assertEquals(first.getAttribution()?.landingPage, pages[3], "all tabs share the session");
});

Deno.test("10.23 the address with which a page was opened counts, whatever the app makes of it", () => {
  const page = new FakePage();
  const location = { href: page.href, search: "?utm_source=mail", origin: "https://shop.example" };
  const analytics = createAnalytics({ url: "/" }, Object.assign(page.page, { location }));
  Object.assign(location, { href: "https://shop.example/", search: "" });
  assertEquals(analytics.getAttribution()?.landingPage, "https://shop.example/?utm_source=mail");
});

Deno.test("10.24 texts that are too long are cut between characters", () => {
  const page = new FakePage();
  page.href = `https://shop.example/?utm_source=${"x".repeat(254)}😀&utm_term=${"x".repeat(253)}😀`;
  const attribution = open({}, page).analytics.getAttribution();
  assertEquals(attribution?.utmSource, "x".repeat(254));
  assertEquals(attribution?.utmTerm, "x".repeat(253) + "😀");
});
