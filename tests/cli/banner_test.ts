import { renderBanner } from "../../src/cli/banner.ts";
import { assertEquals } from "../support/assert.ts";

function commands(dataDir: string): string[] {
  const config = { kvPath: "kv", dataDir };
  const banner = renderBanner({
    url: "http://localhost:1",
    config,
    embedded: true,
    adminRole: "ADMIN",
    adminToken: "t",
  });
  return banner.matchAll(/^ {2}(.*) simulate$/gm).map(([, command]) => command ?? "").toArray();
}

Deno.test("the commands of the banner find the service, whatever its folder is", () => {
  assertEquals(commands(".data"), ["npx -y deno task -q"]);
  assertEquals(commands("/tmp/a-1"), ["DATA_DIR=/tmp/a-1 npx -y deno task -q"]);
  assertEquals(commands("/tmp/it's"), [`DATA_DIR='/tmp/it'\\''s' npx -y deno task -q`]);
});
