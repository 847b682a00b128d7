/** Code blocks of the documentation, to be used as they are. */

/** The URL of the service in the documentation. */
const DOCUMENTED_URL = "https://events.example.com";
/** A code block, or else a heading: `#` in a block is no heading. */
const PARTS = /^```(?<language>\w*)\n(?<code>.*?)^```|^#+ (?<heading>.*?)$/gms;

/** Returns the code blocks of a language under a heading, with another URL of the service. */
export async function documentedCode(
  page: URL,
  heading: string,
  language: string,
  url: string,
): Promise<readonly string[]> {
  const blocks: string[] = [];
  let above: string | undefined;
  for (const { groups = {} } of (await Deno.readTextFile(page)).matchAll(PARTS)) {
    if (groups["heading"] !== undefined) above = groups["heading"];
    else if (above === heading && groups["language"] === language) {
      blocks.push((groups["code"] ?? "").replaceAll(DOCUMENTED_URL, url));
    }
  }
  if (blocks.length > 0) return blocks;
  throw new Error(`${page.pathname} has no ${language} under the heading ${heading}`);
}
