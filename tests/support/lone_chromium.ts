/** A Chromium that no driver controls, as drivers keep it from rendering pages in advance. */

import { CHROMIUM } from "./browser.ts";

/** Opens a page in a Chromium of its own, with a new profile. */
export async function openLoneChromium(url: string): Promise<AsyncDisposable> {
  const profile = await Deno.makeTempDir({ prefix: "sluice-chromium-" });
  const process = new Deno.Command(CHROMIUM, {
    args: [
      ...["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
      ...["--no-first-run", "--remote-debugging-port=0", `--user-data-dir=${profile}`, url],
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
      await Deno.remove(profile, { recursive: true }).catch(() => {}); // children may still write
    },
  };
}
