import fc from "fast-check";
import { CLICK_IDS } from "../../src/events/click_ids.ts";
import { createUrlFilter as createServiceFilter } from "../../src/events/url_filter.ts";
import { createUrlFilter } from "../../src/client/urls.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakePage } from "./fake_page.ts";
import { open } from "./open.ts";

const filter = createUrlFilter();

Deno.test("4.11 the SDK keeps of a URL its path and listed parameters, as the service does", () => {
  const urls: readonly [string, string][] = [
    [
      "https://a.example/p;a=1/?token=1&UTM_Source=%zz+ä&gclid=g&b#/x?y",
      "https://a.example/p;a=1/?UTM_Source=%zz+ä&gclid=g",
    ],
    ["https://u:p@a.example/@x?", "https://a.example/@x"],
    ["//u@a.example?a", "//a.example"],
    ["/reset?token=1;utm_id=2", "/reset?utm_id=2"],
    ["/a@b/c", "same"],
    ["https://a.example", "same"],
    ["/?utm_term=a=b?c&utm_term", "same"],
    ["/help me? #1", "same"],
    ["What is art?", "same"],
    ["mailto:a@b.example", "same"],
    [`/${"p".repeat(50_000)}?${"token&".repeat(50_000)}`, `/${"p".repeat(50_000)}`],
  ];
  for (const [url, expected] of urls) {
    const filtered = filter("", url);
    assertEquals(filtered, expected === "same" ? url : expected);
    assertEquals(createServiceFilter([]).text("text", filtered), filtered);
  }
  for (const name of Object.keys(CLICK_IDS)) assertEquals(filter("", `/?${name}=1`), `/?${name}=1`);
  for (const value of [1, null, true, ["/?a"], { url: 1 }]) assert(filter("", value) === value);
  assertEquals(
    createUrlFilter(["next", "ref_*"])("", "/?next=1&Ref_a=2&ref=3"),
    "/?next=1&Ref_a=2",
  );
  assertEquals(
    createUrlFilter(["*"])("", "https://u@a.example/?a&b=1#c"),
    "https://a.example/?a&b=1",
  );
});

Deno.test("4.11 of names that are like a click id the SDK keeps those that the service keeps", () => {
  const service = createServiceFilter([]);
  for (const name of Object.keys(CLICK_IDS)) {
    const shorter = Array.from(name, (_, i) => name.slice(0, i) + name.slice(i + 1));
    for (const other of [...shorter, `x${name}`, `${name}x`, `${name}_id`]) {
      const url = `/?${other}=1`;
      assertEquals(filter("", url), service.text("url", url));
    }
  }
});

Deno.test("4.11 the service makes the same of a page's URL and of what the SDK made of it", () => {
  const service = createServiceFilter(["keep"]);
  const sdk = createUrlFilter(["keep"]);
  fc.assert(
    fc.property(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.array(fc.constantFrom("utm_source", "gclid", "keep", "token", "a")),
      (url, names) => {
        const { href } = new URL(
          url + names.map((name) => `${url.includes("?") ? "&" : "?"}${name}=1`).join(""),
        );
        fc.pre(!/[;]|[?&](&|$)/.test(href)); // what separates them is not the same
        assertEquals(service.text("url", sdk("", href)), service.text("url", href));
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("4.11 10.28 neither storage nor requests have secrets of URLs", async () => {
  const page = new FakePage();
  page.href = "https://u:s3cr3t@shop.example/?token=s3cr3t&utm_source=mail&gclid=1&page=2#s3cr3t";
  Object.assign(page.page.document ?? {}, { referrer: "https://search.example/?q=s3cr3t" });
  const { analytics } = open({ keepQueryParams: ["page"] }, page);
  analytics.track("a", { url: page.href, deep: [{ to: "/reset?token=s3cr3t" }] });
  await page.settle();
  assertEquals(JSON.stringify(page.storage).match(/.{30}s3cr3t/g), null);
  await analytics.flush();
  const [event] = page.sent;
  const url = "https://shop.example/?utm_source=mail&gclid=1&page=2";
  assertEquals([event?.props?.url, event?.props?.deep, event?.attribution], [url, [{
    to: "/reset",
  }], {
    landingPage: url,
    referrer: "https://search.example/",
    utmSource: "mail",
  }]);
  assertEquals(analytics.getAttribution()?.landingPage, url);
});

Deno.test("4.11 events that differ only in what is not kept are not a double click", async () => {
  const { page, analytics } = open();
  for (const id of [1, 2, 2]) {
    analytics.track("page_viewed", { url: `https://a.example/?id=${id}` });
  }
  await analytics.flush();
  assertEquals(page.sent.map(({ props }) => props?.url), [
    "https://a.example/",
    "https://a.example/",
  ]);
});
