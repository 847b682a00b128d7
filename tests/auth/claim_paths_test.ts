/** Paths of claims: how settings write them, and what they find. */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { type ClaimPath, parseClaim, putClaim, readClaim } from "../../src/auth/claim_paths.ts";

function pathsOf(text: string): readonly ClaimPath[] | string {
  const parsed = parseClaim(text);
  return parsed.ok ? parsed.claim.paths : parsed.message;
}

const understood: Readonly<Record<string, readonly ClaimPath[]>> = {
  "role": [["role"]],
  "app_metadata.role": [["app_metadata", "role"]],
  "realm_access.roles": [["realm_access", "roles"]],
  "cognito:groups": [["cognito:groups"]],
  "custom:creator-id": [["custom:creator-id"]],
  '["https://example.com/role"]': [["https://example.com/role"]],
  "['https://example.com/a,b']": [["https://example.com/a,b"]],
  'resource_access["my-app.v2"].roles': [["resource_access", "my-app.v2", "roles"]],
  'a.["b c"].d': [["a", "b c", "d"]],
  "emails[0].value": [["emails", 0, "value"]],
  '["a"]["b"]': [["a", "b"]],
  "rôle": [["rôle"]],
  'role , ["x.y"],z.w': [["role"], ["x.y"], ["z", "w"]],
};

for (const [text, paths] of Object.entries(understood)) {
  Deno.test(`6.11 the path ${text} is understood`, () => assertEquals(pathsOf(text), paths));
}

const wrong = [
  "",
  ".",
  ".role",
  "role.",
  "a..b",
  "a b",
  "a,",
  ",a",
  "a,,b",
  "a[",
  "a[]",
  'a["]',
  'a["b"]c',
  "[role]",
  "https://example.com/role",
  "$.role[*]",
  "a[99999]",
];

for (const text of wrong) {
  Deno.test(`12.1 ${JSON.stringify(text)} is no path of a claim`, () => {
    assertMatch(String(pathsOf(text)), /^one or several paths of claims/);
  });
}

Deno.test("6.11 what users can write themselves is no place for a claim", () => {
  for (
    const text of [
      "user_metadata.role",
      "role,user_metadata.role",
      "unsafe_metadata.role",
      "user.unsafeMetadata.role",
      "user['userMetadata'].role",
      "raw_user_meta_data.role",
    ]
  ) {
    assertMatch(
      String(pathsOf(text)),
      /^a path outside of \w+, which users can change themselves$/,
    );
  }
});

const payload = {
  role: "a",
  none: null,
  list: ["x", { y: "z" }],
  "a.b": { c: 1 },
};

const found: Readonly<Record<string, readonly unknown[]>> = {
  "role": ["a"],
  "missing": [],
  "none": [null],
  "none,role": ["a", null],
  "missing,role,list[0]": ["a", "x"],
  "list[1].y": ["z"],
  "list[7]": [],
  '["a.b"].c': [1],
  "a.b.c": [],
  "role.length": [],
  "constructor": [],
  "__proto__.role": [],
  "none.x": [],
};

for (const [text, values] of Object.entries(found)) {
  Deno.test(`6.11 the path ${text} finds ${JSON.stringify(values)}`, () => {
    const parsed = parseClaim(text);
    assertEquals<unknown>(parsed.ok && readClaim(payload, parsed.claim), values);
  });
}

Deno.test("a claim is put where it is read, and changes no other object", () => {
  for (const text of ["role", "a.b", "a[0].b", "__proto__.admin", "constructor.prototype.admin"]) {
    const parsed = parseClaim(text);
    assertEquals(parsed.ok, true, text);
    if (!parsed.ok) continue;
    const payload = {};
    putClaim(payload, parsed.claim, "x");
    assertEquals(readClaim(JSON.parse(JSON.stringify(payload)), parsed.claim), ["x"], text);
  }
  assertEquals(Object.keys(Object.prototype), []);
  assertEquals("admin" in {}, false);
});
