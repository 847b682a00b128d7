/** `GET /demo`: a shop that uses the SDK and shows a visitor their own events on the way to Postgres. */

import { Hono } from "hono";
import type { DemoEvents } from "../../events/demo.ts";
import { assetRoute, type Assets, CSS, JAVASCRIPT } from "../assets.ts";
import type { HttpEnv } from "../env.ts";
import { relativeRoot } from "../root.ts";

/** Reads the events of one session. */
export type ReadDemoEvents = (sessionId: string) => Promise<DemoEvents>;

/** Allows scripts, styles and data of this origin only. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Creates the demo. For development only: anyone who knows a session's id can read its events. */
export function demoRoute(assets: Assets, readEvents: ReadDemoEvents): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get("/", (c) => c.html(renderPage(assets, relativeRoot(c.req.raw))))
    .get("/demo.js", assetRoute(assets, "demo.js", JAVASCRIPT))
    .get("/demo.css", assetRoute(assets, "demo.css", CSS))
    .get("/events", async (c) => {
      const session = c.req.query("session") ?? "";
      if (!UUID.test(session)) {
        return c.json({ message: "The query parameter session must be a UUID" }, 400);
      }
      return c.json(await readEvents(session), 200, { "cache-control": "no-store" });
    });
}

/** Replaces the common content security policy with what the demo needs. */
export async function demoPolicy(
  c: { res: Response },
  next: () => Promise<void>,
): Promise<void> {
  await next();
  c.res.headers.set("content-security-policy", POLICY);
}

function renderPage(assets: Assets, root: string): string {
  const toUrl = (name: string) => `${root}demo/${name}?v=${assets.get(name)?.hash ?? ""}`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sluice demo</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${toUrl("demo.css")}">
    <script type="module" src="${toUrl("demo.js")}"></script>
  </head>
  <body>
    <div id="demo"></div>
    <noscript>The demo requires JavaScript.</noscript>
  </body>
</html>
`;
}
