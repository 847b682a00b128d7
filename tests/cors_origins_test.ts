import { assertEquals, assertStringIncludes, assertThrows } from "./support/assert.ts";
import { ConfigError, loadConfig } from "../src/config.ts";
import { createFindAccess } from "../src/cors_origins.ts";

function read(list: string): readonly string[] {
  return loadConfig({ CORS_ORIGINS: list }).corsOrigins;
}

/** As they are written in settings, and as browsers send them. */
const NORMALISED: Readonly<Record<string, string>> = {
  "https://Example.com": "https://example.com",
  "HTTPS://EXAMPLE.COM/": "https://example.com",
  "https://example.com/": "https://example.com",
  "https://example.com:443": "https://example.com",
  "http://example.com:80/": "http://example.com",
  "https://example.com:8443": "https://example.com:8443",
  "http://example.com:443": "http://example.com:443",
  "https://bücher.example": "https://xn--bcher-kva.example",
  "https://*.Bücher.example:443/": "https://*.xn--bcher-kva.example",
  "https://*.example.com:8443": "https://*.example.com:8443",
  "http://*.localhost:3000": "http://*.localhost:3000",
  "http://localhost:3000": "http://localhost:3000",
  "http://127.0.0.1:3000": "http://127.0.0.1:3000",
  "http://[::1]:3000": "http://[::1]:3000",
  "http://[0:0::1]:80": "http://[::1]",
  "https://my_shop.example.com": "https://my_shop.example.com",
  "capacitor://localhost": "capacitor://localhost",
  "ionic://localhost": "ionic://localhost",
  "tauri://localhost": "tauri://localhost",
  "app://.": "app://.",
  "app://-/": "app://-",
  "chrome-extension://abcdefghijklmnopabcdefghijklmnop":
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
  "moz-extension://7d5b3e0c-1f4b-4a37-9a55-0c1f6d2b8e41":
    "moz-extension://7d5b3e0c-1f4b-4a37-9a55-0c1f6d2b8e41",
  "null": "null",
};

for (const [written, sent] of Object.entries(NORMALISED)) {
  Deno.test(`12.9 CORS_ORIGINS reads ${written} as ${sent}`, () => {
    assertEquals(read(written), [sent]);
  });
}

Deno.test("12.9 CORS_ORIGINS is a list, in which spaces and repetitions do not count", () => {
  const list = " https://a.example,capacitor://localhost ,\n https://A.example:443 ";
  assertEquals(read(list), ["https://a.example", "capacitor://localhost"]);
});

/** What is no origin, with a part of the sentence that prevents the start. */
const REFUSED: Readonly<Record<string, string>> = {
  "example.com": '"example.com" does not begin with https://',
  "//example.com": "does not begin with https://",
  "https:example.com": "does not begin with https://",
  "*.example.com": "does not begin with https://",
  "https://example.com/app": '"https://example.com/app" has a path',
  "https://example.com//": "has a path",
  "https://example.com?a=b": "has a path",
  "https://example.com#a": "has a path",
  "https:\\\\example.com": "does not begin with https://",
  "https://me:secret@example.com": "has a user",
  "https://": "is not an origin",
  "https://a.example,": "an entry is empty",
  ",": "an entry is empty",
  "https://a.example https://b.example": "has a path",
  "https://a.example b.example": "is not one origin",
  "https://a.example;b.example": "is not one origin",
  "https://a.example;https://b.example": "has a path",
  '["https://a.example"]': "does not begin with https://",
  '"https://a.example"': "does not begin with https://",
  "http*://example.com": "does not begin with https://",
  "*://example.com": "does not begin with https://",
  "https://*": "* can only be the first label",
  "https://*.": "would trust every site",
  "https://*.com": "would trust every site",
  "https://*.com:8080": "would trust every site",
  "https://*example.com": "* can only be the first label",
  "https://shop.*.example": "* can only be the first label",
  "https://*.*.example.com": "* can only be the first label",
  "http://localhost:*": "* can only be the first label",
  "https://*.1.2.3.4": "is not an origin",
  "https://example.com:port": "is not an origin",
  "https://example.com:99999": "is not an origin",
  "https://exa mple.com": "is not one origin",
  "htps://example.com": "has a mistyped scheme",
  "htpps://example.com": "has a mistyped scheme",
  "file://": "is null",
  "data:text/html,x": "is null",
  "wss://example.com": "no such origin",
  "capacitor://": "is not an origin",
  "moz-extension://*": "is not an origin",
  "NULL": "does not begin with https://",
};

for (const [list, part] of Object.entries(REFUSED)) {
  Deno.test(`12.9 CORS_ORIGINS=${list} prevents the start, in one sentence`, () => {
    const load = () => loadConfig({ CORS_ORIGINS: list });
    const { message } = assertThrows(load, ConfigError);
    assertEquals(message.split("\n").length, 1, message);
    assertStringIncludes(message, part);
    assertStringIncludes(message, "CORS_ORIGINS must be * or a comma-separated list of origins");
  });
}

Deno.test("1.9 https://*.example.com is every subdomain, and nothing that only looks like one", () => {
  const findAccess = createFindAccess(read("https://*.example.com, http://*.b.example:8080"));
  const expected = {
    "https://shop.example.com": "trusted",
    "https://a.b.shop.example.com": "trusted",
    "https://xn--bcher-kva.example.com": "trusted",
    "http://a.b.example:8080": "trusted",
    "https://example.com": "none",
    "http://shop.example.com": "none",
    "https://shop.example.com:8443": "none",
    "http://a.b.example": "none",
    "https://evil-example.com": "none",
    "https://evilexample.com": "none",
    "https://example.com.evil": "none",
    "https://shop.example.com.evil": "none",
    "https://shop.example.comevil": "none",
    "https://shopXexample.com": "none",
    "https://shop.exampleXcom": "none",
    "https://.example.com": "none",
    "https://evil.test/.example.com": "none",
    "https://evil.test?.example.com": "none",
    "https://evil.test#.example.com": "none",
    "https://evil.test:443.example.com": "none",
    "https://evil@shop.example.com": "none",
    "https://*.example.com": "none",
    "https://shop.example.com\n": "none",
    "null": "none",
    "*": "none",
    "": "none",
  };
  const found = Object.keys(expected).map((origin) => [origin, findAccess(origin)]);
  assertEquals(Object.fromEntries(found), expected);
});

Deno.test("1.9 pages of any origin have access with *, and are trusted only if they are listed", () => {
  const findAccess = createFindAccess(read("*, https://a.example"));
  assertEquals(findAccess("https://a.example"), "trusted");
  for (const origin of ["https://b.example", "null", "*"]) assertEquals(findAccess(origin), "any");
});

Deno.test("1.9 the origin null is never trusted, as every page can have it", () => {
  const findAccess = createFindAccess(read("null, https://a.example"));
  assertEquals(findAccess("null"), "any");
  assertEquals(findAccess("https://b.example"), "none");
});
