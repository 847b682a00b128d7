import { assert, assertEquals } from "../support/assert.ts";
import { bundle } from "../../src/build/bundle.ts";
import { builtPackage } from "../support/built_package.ts";

const CLIENT = new URL("../../src/client/", import.meta.url);

/** Names on the wire, in storage, or of the browser: a bundle that mangles one is broken. */
const FIXED_NAMES = [
  ...["events", "eventType", "source", "props", "occurred_at", "idempotencyKey"],
  ...["sessionId", "attribution", "landingPage", "referrer"],
  ...["results", "data", "error", "message", "authorization"],
  ...["id", "event", "at", "by", "low", "beaconed", "outcome", "seenAt"],
  ...["keepalive", "credentials", "visibilityState", "globalPrivacyControl"],
];

async function bundles(): Promise<ReadonlyMap<string, string>> {
  const { files } = await builtPackage("client");
  const script = new URL("script.ts", CLIENT);
  return new Map([
    ["analytics.js", await bundle({ entry: script, format: "iife", mangleInternal: true })],
    ...["mod.js", "native.js", "react.js"].map((name) =>
      [name, files.get(`esm/${name}`) ?? ""] as const
    ),
  ]);
}

Deno.test("bundles shorten every name that begins with an underscore, and no other", async (t) => {
  for (const [name, text] of await bundles()) {
    await t.step(name, () => {
      assertEquals(text.match(/(?<![\w$])_[A-Za-z]\w+/g), null);
      if (name === "react.js") return; // it leaves requests and storage to mod.js
      assertEquals(FIXED_NAMES.filter((fixed) => !new RegExp(`\\b${fixed}\\b`).test(text)), []);
    });
  }
});

for (const entry of ["mod.ts", "native.ts", "react.tsx"]) {
  Deno.test(`no public type of ${entry} has a member that bundles would shorten`, async () => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["doc", "--json", new URL(entry, CLIENT).href],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const names = namesIn(JSON.parse(new TextDecoder().decode(stdout)));
    assert(names.has("getSessionId"), "members are listed");
    assertEquals([...names].filter((name) => name.startsWith("_")), []);
  });
}

/** All values of `name` within a JSON document. */
function namesIn(json: unknown, names = new Set<string>()): ReadonlySet<string> {
  if (typeof json !== "object" || json === null) return names;
  for (const [key, value] of Object.entries(json)) {
    if (key === "name" && typeof value === "string") names.add(value);
    else namesIn(value, names);
  }
  return names;
}
