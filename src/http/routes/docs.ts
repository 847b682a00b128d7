/** `GET /docs`: a page that shows the description of the REST endpoints, and can call them. */

import { Hono } from "hono";
import { assetRoute, type Assets, CSS, JAVASCRIPT, notBuilt } from "../assets.ts";
import type { HttpEnv } from "../env.ts";
import { relativeRoot } from "../root.ts";

/**
 * Allows scripts, styles and data of this origin only. The viewer has its icons in the style sheet, and shows images
 * that were responses as `blob:`.
 */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Creates the routes below `/docs`. */
export function docsRoute(assets: Assets): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get("/", (c) => c.html(renderPage(assets, relativeRoot(c.req.raw))))
    .get("/docs.js", assetRoute(assets, "docs.js", JAVASCRIPT))
    .get("/docs.css", assetRoute(assets, "docs.css", CSS));
}

/** Replaces the common content security policy with what the page needs. */
export async function docsPolicy(c: { res: Response }, next: () => Promise<void>): Promise<void> {
  await next();
  c.res.headers.set("content-security-policy", POLICY);
}

function renderPage(assets: Assets, root: string): string {
  const toUrl = (name: string) => `${root}docs/${name}?v=${assets.get(name)?.hash ?? ""}`;
  const missing = assets.has("docs.js") ? "" : notBuilt("docs.js");
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sluice API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${toUrl("docs.css")}">
    <script type="module" src="${toUrl("docs.js")}"></script>
  </head>
  <body>
    <div id="docs" data-root="${root}">${missing}</div>
    <noscript>This page requires JavaScript. <a href="${root}openapi.json">/openapi.json</a> does not.</noscript>
  </body>
</html>
`;
}
