import { assertEquals } from "../support/assert.ts";
import { debounced } from "../../src/client/helpers/debounced.ts";
import { FakePage } from "./fake_page.ts";

Deno.test("a debounced function that was cancelled and called again loses nothing at page exit", () => {
  const page = new FakePage();
  const seen: string[] = [];
  const search = debounced(500, (text: string) => void seen.push(text), page.page as never);
  search("old");
  search.cancel();
  search("new");
  page.happens("pagehide");
  assertEquals(seen, ["new"]);
});
