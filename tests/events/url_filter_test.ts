import fc from "fast-check";
import { CLICK_IDS } from "../../src/events/click_ids.ts";
import { createUrlFilter } from "../../src/events/url_filter.ts";
import { assert, assertEquals, assertLess } from "../support/assert.ts";

const urls = createUrlFilter([]);
const keepsNext = createUrlFilter(["next", "Ref_*", "a.b", "ids[]"]);
const keepsAll = createUrlFilter(["*"]);

const USED: readonly [url: string, stored: string][] = [
  ["https://a.example/p?token=1", "https://a.example/p"],
  ["https://a.example/p?token=1&utm_source=x", "https://a.example/p?utm_source=x"],
  ["https://a.example/p?utm_source=x&token=1#top", "https://a.example/p?utm_source=x"],
  ["https://a.example/?utm_source=x&gclid=y", "https://a.example/?utm_source=x&gclid=y"],
  ["https://a.example/?UTM_Source=x&GCLID=y&ScCid=z", "same"],
  ["https://a.example/?utm_anything=1", "same"],
  ["https://a.example/?utm=1&xutm_source=2&gclid2=3", "https://a.example/"],
  ["https://a.example/p", "same"],
  ["https://a.example", "same"],
  ["https://a.example/p#access_token=1", "https://a.example/p"],
  ["https://a.example/#/reset?token=1", "https://a.example/"],
  ["https://a.example/p?", "https://a.example/p"],
  ["https://a.example/p?&&token=1&&", "https://a.example/p"],
  // Bytes of what is kept stay
  [
    "https://a.example/ä%20%zz?token=%zz&utm_term=%zz+a%20ä&x",
    "https://a.example/ä%20%zz?utm_term=%zz+a%20ä",
  ],
  ["https://a.example/?utm_term=what?&b=1", "https://a.example/?utm_term=what?"],
  ["https://a.example/?utm_source&b", "https://a.example/?utm_source"],
  ["https://a.example/?utm_term=a&token=1&utm_term=b", "https://a.example/?utm_term=a&utm_term=b"],
  ["https://a.example/?utm_source=a=b=c", "same"],
  ["HTTPS://A.example:443/p?Token=1", "HTTPS://A.example:443/p"],
  // Names as a query can write them
  ["https://a.example/?utm%5Fsource=a&%74oken=1&to%6ben=2", "https://a.example/?utm%5Fsource=a"],
  ["https://a.example/?%75%74%6d_source=a", "same"],
  ["https://a.example/?%zz=1&utm_source=a", "https://a.example/?utm_source=a"],
  ["https://a.example/?+utm_source=1&gclid%3Dx=1", "https://a.example/"],
  // `;` separates in old forms, and in HTML
  ["https://a.example/?utm_source=a;token=1", "https://a.example/?utm_source=a"],
  ["https://a.example/?utm_source=a;utm_medium=b", "same"],
  [
    "https://a.example/?utm_source=a&amp;token=1&amp;utm_medium=b",
    "https://a.example/?utm_source=a&utm_medium=b",
  ],
  // User and password
  ["https://user:pa55@a.example/p", "https://a.example/p"],
  ["https://user@a.example", "https://a.example"],
  ["https://us@er:pa55@a.example/@x", "https://a.example/@x"],
  ["ftp://user:pa55@a.example/p", "ftp://a.example/p"],
  ["https:\\\\user:pa55@a.example/p", "https:\\\\a.example/p"],
  ["https:user:pa55@a.example/p", "https:a.example/p"],
  ["https:/\t/user:pa55@a.example/p", "https:/\t/a.example/p"],
  [" https://user:pa55@a.example/?a=1", " https://a.example/"],
  ["https://a.example/@user/p", "same"],
  ["https://a.example//x@y", "same"],
  ["blob:https://user:pa55@a.example/1#x", "blob:https://a.example/1"],
  // Other than http
  ["//user:pa55@a.example/p?token=1", "//a.example/p"],
  ["/p?token=1&utm_source=x#y", "/p?utm_source=x"],
  ["p/q?token=1", "p/q"],
  ["?token=1", ""],
  ["#token=1", ""],
  ["../p?token=1", "../p"],
  ["mailto:joe@a.example?subject=a&body=token", "mailto:joe@a.example"],
  ["tel:+4912345", "same"],
  ["javascript:void(0)", "same"],
  ["data:text/plain,a?token=1#b", "data:text/plain,a"],
  ["myapp://reset?token=1", "myapp://reset"],
  ["android-app://com.google.android.gm/", "same"],
  ["", "same"],
  // A path is left
  ["https://a.example/p;jsessionid=1/q?x=1", "https://a.example/p;jsessionid=1/q"],
  ["https://[::1]:80/?token=1", "https://[::1]:80/"],
  ["https://a.example/?q=my secret words", "https://a.example/"],
  [
    `https://a.example/${"p".repeat(20_000)}?token=${"x".repeat(9_000)}`,
    `https://a.example/${"p".repeat(20_000)}`,
  ],
  // URLs within the URL
  ["https://a.example/?next=https://b.example/?token=1&x=2", "https://a.example/"],
  [
    "https://a.example/?utm_content=https%3A%2F%2Fb.example%2F%3Ftoken%3D1",
    "https://a.example/?utm_content=https://b.example/",
  ],
  [
    "https://a.example/?utm_content=https%253A%252F%252Fb.example%253Ftoken%253D1%2523",
    "https://a.example/?utm_content=https://b.example",
  ],
  [
    "https://a.example/?utm_content=https%3A%2F%2Fb.example%2F%zz%3Ftoken%3D1",
    "https://a.example/?utm_content=https://b.example/%25zz",
  ],
  ["https://a.example/?utm_content=https%3A%2F%2Fb.example%2Fp", "same"],
  [
    "https://a.example/?utm_content=/x%3Futm_source%3Da%26b%3D1",
    "https://a.example/?utm_content=/x?utm_source=a",
  ],
];

Deno.test("4.11 a URL keeps its path and listed parameters as they are, and nothing else", () => {
  for (const [url, stored] of USED) {
    const expected = stored === "same" ? url : stored;
    assertEquals(urls.text("url", url), expected, url.slice(0, 200));
    assertEquals(urls.text("url", expected), expected, "a second time");
  }
});

Deno.test("4.11 KEEP_QUERY_PARAMS adds names in any case and patterns; * keeps all but fragments and users", () => {
  const keep = (url: string) => keepsNext.text("url", url);
  assertEquals(keep("/?NEXT=1&ref_a=2&REF_=3&ref=4&next2=5"), "/?NEXT=1&ref_a=2&REF_=3");
  assertEquals(keep("/?a.b=1&axb=2&ids[]=3&ids%5B%5D=4&ids=5"), "/?a.b=1&ids[]=3&ids%5B%5D=4");
  assertEquals(keep("/?next=/reset%3Ftoken%3D1%26next%3D2"), "/?next=/reset?next=2");
  assertEquals(
    keep("/?next=https://b.example/%3Ftoken=1&utm_source=x"),
    "/?next=https://b.example/&utm_source=x",
  );
  const all = (url: string) => keepsAll.text("url", url);
  assertEquals(
    all("https://u:p@a.example/?token=%zz;b=+&&c#d"),
    "https://a.example/?token=%zz;b=+&&c",
  );
});

Deno.test("4.11 the click ids of enrichment and campaign tags are kept", () => {
  const names = [...Object.keys(CLICK_IDS), "utm_source", "utm_id"];
  const lost = names.filter((name) => urls.text("url", `/?${name}=1`) !== `/?${name}=1`);
  assertEquals(lost, []);
});

Deno.test("4.11 texts that are no URL stay as they are", () => {
  const texts = [
    "What is art?",
    "#1 of 3",
    "me@a.example",
    "a?b#c@d",
    "50 % off? yes",
    "and/or?",
    "C#",
  ];
  for (const text of texts) {
    assertEquals(urls.text("text", text), text);
    assertEquals(urls.value("props", { title: text, query: text, n: [text] }), {
      title: text,
      query: text,
      n: [text],
    });
  }
  for (const name of ["page", "url"]) assertEquals(urls.text(name, "What is art?"), "What is art?");
});

Deno.test("4.11 URLs are found by the name of a prop, by their form, and within texts", () => {
  const names =
    "url urls cta_url ctaUrl pageURL href src referrer referer page page_path landingPage".split(
      " ",
    );
  for (const name of [...names, "uri", "link", "location", "page_location"]) {
    assertEquals(urls.value("props", { [name]: "reset?token=1" }), { [name]: "reset" }, name);
    assertEquals(urls.value("props", { [name]: ["a", { b: [] }, "/reset?token=1"] }), {
      [name]: ["a", { b: [] }, "/reset"],
    });
  }
  const found: [string, string][] = [
    ["https://a.example/?token=1", "https://a.example/"],
    ["/reset?token=1", "/reset"],
    ["?token=1&a", ""],
    ["#access_token=1", ""],
    [
      "GET https://a.example/?token=1 failed, see https://b.example/#c",
      "GET https://a.example/ failed, see https://b.example/",
    ],
    [
      '{"to":"https:\\/\\/u:p@a.example\\/?token=1","n":1}',
      '{"to":"https:\\/\\/a.example\\/","n":1}',
    ],
    ['{"to":"https://a.example/?gclid=1\\u0026token=1"}', '{"to":"https://a.example/?gclid=1"}'],
    ['{\\"to\\":\\"https://a.example/?token=1\\"}', '{\\"to\\":\\"https://a.example/\\"}'],
    ["<a href='https://a.example/?token=1'>", "<a href='https://a.example/>"],
  ];
  for (const [text, stored] of found) {
    assertEquals(urls.value("props", { text: { deep: [text] } }), { text: { deep: [stored] } });
    assertEquals(urls.text("", stored), stored);
  }
  assertEquals<Record<string, number>>(urls.value("props", { "https://a.example/?token=1": 1 }), {
    "https://a.example/": 1,
  });
  const proto = JSON.parse('{"__proto__":{"url":"/?token=1"},"b":1}');
  assertEquals(JSON.stringify(urls.value("props", proto)), '{"__proto__":{"url":"/"},"b":1}');
});

Deno.test("4.11 what needs no change is not copied", () => {
  const props = { a: ["x", { b: "https://a.example/?utm_source=x" }], url: "/p", n: 1, z: null };
  assert(urls.value("props", props) === props);
  assertEquals(urls.value("props", undefined), undefined);
});

Deno.test("4.11 any text is filtered once and for all, and in linear time", () => {
  const parts = [
    "https:",
    "//",
    "/",
    "\\",
    "@",
    "?",
    "#",
    "&",
    ";",
    "=",
    "%3F",
    "%25",
    "utm_a",
    "next",
    "token",
    " ",
    "\t",
    ":",
    "amp;",
    '"',
    "%",
  ];
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...parts), { maxLength: 30 }).map((list) => list.join("")),
      fc.constantFrom("url", "text"),
      (text, name) => {
        const once = keepsNext.text(name, text);
        assertEquals(keepsNext.text(name, once), once);
      },
    ),
    { numRuns: 3000 },
  );
  for (
    const part of [
      ...parts,
      "?a",
      "/?",
      "/?utm_a=",
      "://",
      "a:",
      "/?utm_a=%2F%3F",
      "&utm_a",
      "%2525",
    ]
  ) {
    for (const start of ["", "https:", "/", "https://a/?utm_a=", "://"]) {
      const text = start + part.repeat(32_000 / part.length) + "@?";
      const startedAt = performance.now();
      keepsNext.text("url", text);
      keepsNext.text("text", text);
      assertLess(performance.now() - startedAt, 400, `${start} ${part}`);
    }
  }
});
