/** Links in the documents: each relative one leads to a file, and its anchor to a heading there. */

import { assert, assertEquals } from "../support/assert.ts";
import { listFiles, readFile, ROOT } from "./files.ts";

/** Text outside of code, in which alone Markdown has links and headings. */
function withoutCode(markdown: string): string {
  return markdown.replace(/^( *)(`{3,}|~{3,})[^]*?^ *\2.*$/gm, "").replace(
    /(`+)(?:(?!\1)[^])+\1/g,
    "",
  );
}

/** Targets of inline links, images and definitions, and of `href` and `src` in HTML. */
function targetsOf(markdown: string): string[] {
  const text = withoutCode(markdown);
  return [
    ...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+["'][^)]*)?\)/g),
    ...text.matchAll(/^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm),
    ...text.matchAll(/\b(?:href|src)="([^"]+)"/g),
  ].map(([, target]) => target ?? "");
}

/** The anchors that GitHub gives a document's headings. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  const outsideFences = markdown.replace(/^( *)(`{3,}|~{3,})[^]*?^ *\2.*$/gm, "");
  for (const [, heading = ""] of outsideFences.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "");
    const slug = text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

async function exists(url: URL): Promise<boolean> {
  try {
    await Deno.stat(url);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What is wrong with a link, or `null`. */
async function problemOf(target: string, document: string): Promise<string | null> {
  const url = new URL(target, new URL(document, ROOT));
  const { hash } = url;
  url.hash = "";
  if (!url.href.startsWith(ROOT.href)) return "leads out of the repository";
  if (!await exists(url)) return "leads to no file";
  if (hash === "" || !url.pathname.endsWith(".md")) return null;
  const anchors = anchorsOf(await Deno.readTextFile(url));
  return anchors.has(decodeURIComponent(hash.slice(1))) ? null : "names no heading";
}

Deno.test("every relative link in a document leads to a file, and its anchor to a heading", async () => {
  const problems: string[] = [];
  let links = 0;
  for (const document of await listFiles("", [".md"])) {
    for (const target of targetsOf(await readFile(document))) {
      if (/^[a-z][a-z+.-]*:|^\/\//i.test(target)) continue;
      links += 1;
      const problem = await problemOf(target, document);
      if (problem !== null) problems.push(`${document}: ${target} ${problem}`);
    }
  }
  assertEquals(problems, []);
  assert(links > 10, `only ${links} links were found`);
});

Deno.test("links are found in text and not in code, and anchors are those of GitHub", () => {
  const markdown = [
    "# What `track` does, and why",
    "## Limits",
    "## Limits",
    "[a](a.md#b) ![b](<b.png>) [`c`](c.ts 'title') `[no](no.md)`",
    "[d]: ./d.md",
    '<img src="e.png">',
    "```md",
    "[no](no.md)",
    "# No",
    "```",
  ].join("\n");
  assertEquals(targetsOf(markdown), ["a.md#b", "b.png", "c.ts", "./d.md", "e.png"]);
  assertEquals([...anchorsOf(markdown)], ["what-track-does-and-why", "limits", "limits-1"]);
});
