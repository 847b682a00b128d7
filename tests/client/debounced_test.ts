import { assertEquals } from "../support/assert.ts";
import { debounced } from "../../src/client/helpers/debounced.ts";
import { FakePage } from "./fake_page.ts";

Deno.test("a debounced function called again after cancel() still flushes at page exit", () => {
  const page = new FakePage();
  const seen: string[] = [];
  const search = debounced(500, (text: string) => void seen.push(text), page.page as never);
  search("old");
  search.cancel();
  search("new");
  page.dispatch("pagehide");
  assertEquals(seen, ["new"]);
});
