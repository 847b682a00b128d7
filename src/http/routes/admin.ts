/**
 * `/admin`: the dashboard for admins, a sign-in form for everyone else. The page itself contains no data:
 * it calls the procedures, which check the role themselves (contract 6.3).
 */

import { type Context as HonoContext, Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { decodeJwt } from "jose";
import { type FindCookies, SIGN_IN_COOKIE } from "../../auth/cookies.ts";
import { readTokens, type SentToken } from "../../auth/token.ts";
import type { Identify } from "../../auth/identify.ts";
import { assetRoute, type Assets, CSS, JAVASCRIPT } from "../assets.ts";
import { type BodyLimits, readText } from "../body.ts";
import type { HttpEnv } from "../env.ts";
import type { IsForeign } from "../foreign_page.ts";
import { relativeRoot } from "../root.ts";

/** Options of `adminRoute`. */
export interface AdminRouteOptions {
  readonly assets: Assets;
  readonly identify: Identify;
  readonly findCookies: FindCookies;
  readonly isForeign: IsForeign;
  /** What bounds forms while they arrive. */
  readonly bodies: BodyLimits;
}

/** Allows scripts, styles and data of this origin only. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/** The page depends on who requests it. */
const NO_STORE = { "cache-control": "no-store" };
const MAX_FORM_BYTES = 16_384;
const SECURE_COOKIE = `__Host-${SIGN_IN_COOKIE}`;
const COOKIE_OPTIONS = { path: "/", httpOnly: true, sameSite: "Strict" } as const;
/** Browsers keep a cookie no longer. */
const MAX_COOKIE_SECONDS = 400 * 24 * 3600;

/** Why the form is shown, by status. */
const REFUSALS = {
  400: "This form could not be read.",
  401: "This token is not accepted",
  403: "The dashboard requires the ADMIN role or another of AUTH_ADMIN_ROLES.",
  413: "This is too long for a token.",
  503:
    "This token cannot be verified yet, as AUTH_JWKS_URL has not responded with its key, or AUTH_SESSION_URL not at all. Try again soon.",
} as const;

/** Creates the routes below `/admin`. */
export function adminRoute(options: AdminRouteOptions): Hono<HttpEnv> {
  const { assets, identify, findCookies, isForeign, bodies } = options;
  const asset = (name: string) => `admin/${name}?v=${assets.get(name)?.hash ?? ""}`;

  function dashboard(c: HonoContext<HttpEnv>): string {
    const root = relativeRoot(c.req.raw);
    const [style, script] = [root + asset("dashboard.css"), root + asset("dashboard.js")];
    return page(style, script, '<div id="dashboard"></div>');
  }

  function form(
    c: HonoContext<HttpEnv>,
    status: 200 | keyof typeof REFUSALS,
    reason: string | null = null,
  ): Response {
    const why = status === 200 ? "" : REFUSALS[status] + (reason === null ? "" : `: ${reason}.`);
    const refusal = why === "" ? "" : `<p class="refusal" role="alert">${escapeHtml(why)}</p>`;
    const root = relativeRoot(c.req.raw);
    const [style, script] = [root + asset("dashboard.css"), root + asset("sign_in.js")];
    const text = page(style, script, signIn(root, refusal));
    return c.html(text, status, NO_STORE);
  }

  /** The form for callers with these tokens, which says why; `null` for an admin. */
  async function refuse(
    c: HonoContext<HttpEnv>,
    tokens: readonly SentToken[],
  ): Promise<Response | null> {
    const result = await identify(tokens);
    if (result.kind === "unverified") return form(c, 503);
    if (result.kind === "refused") return form(c, 401, result.message);
    if (result.kind !== "identified") return form(c, 403); // tokens are no keys
    return result.isAdmin ? null : form(c, 403);
  }

  return new Hono<HttpEnv>()
    .get("/", async (c) => {
      const tokens = readTokens(c.req.raw.headers, findCookies);
      if (tokens.length === 0) return form(c, 200);
      return await refuse(c, tokens) ?? c.html(dashboard(c), 200, NO_STORE);
    })
    .post("/sign-in", async (c) => {
      if (isForeign(c.req.raw)) return form(c, 403);
      if (Number(c.req.header("content-length") ?? Infinity) > MAX_FORM_BYTES) return form(c, 413);
      const token = await readFormToken(c.req.raw, bodies);
      if (token === null) return form(c, 400);
      const refusal = await refuse(c, [{ text: token, cookie: null }]);
      if (refusal !== null) return refusal;
      const { exp } = decodeJwt(token);
      const secure = isSecure(c);
      setCookie(c, secure ? SECURE_COOKIE : SIGN_IN_COOKIE, token, {
        ...COOKIE_OPTIONS,
        secure,
        ...(exp === undefined ? {} : { expires: cookieExpiry(exp) }),
      });
      return c.redirect(`${relativeRoot(c.req.raw)}admin`, 303);
    })
    .post("/sign-out", (c) => {
      if (!isForeign(c.req.raw)) {
        deleteCookie(c, SIGN_IN_COOKIE, COOKIE_OPTIONS);
        deleteCookie(c, SECURE_COOKIE, { ...COOKIE_OPTIONS, secure: true });
      }
      return c.redirect(`${relativeRoot(c.req.raw)}admin`, 303);
    })
    .get("/dashboard.js", assetRoute(assets, "dashboard.js", JAVASCRIPT))
    .get("/dashboard.css", assetRoute(assets, "dashboard.css", CSS))
    .get("/sign_in.js", assetRoute(assets, "sign_in.js", JAVASCRIPT));
}

/** Replaces the common content security policy with what the dashboard needs. */
export async function adminPolicy(
  c: { res: Response },
  next: () => Promise<void>,
): Promise<void> {
  await next();
  c.res.headers.set("content-security-policy", POLICY);
}

/** The token in a form, empty if there is none; `null` if the form cannot be read. */
async function readFormToken(request: Request, bodies: BodyLimits): Promise<string | null> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(type)) return "";
  const body = await readText(request, bodies, () => null);
  if (!body.ok) return null;
  try {
    const form = await new Response(body.text, { headers: { "content-type": type } }).formData();
    const token = form.get("token");
    return typeof token === "string" ? token.trim() : "";
  } catch {
    return null;
  }
}

/** When a cookie for a token expires; `exp` may be any number. */
function cookieExpiry(exp: number): Date {
  return new Date(Math.min(exp * 1000, Date.now() + MAX_COOKIE_SECONDS * 1000));
}

/** Behind a proxy that terminates TLS, only the browser's Origin header shows the scheme. */
function isSecure(c: HonoContext<HttpEnv>): boolean {
  return c.req.url.startsWith("https:") || (c.req.header("origin") ?? "").startsWith("https:");
}

/** Reasons contain settings and, at most, the name of an algorithm. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function signIn(root: string, refusal: string): string {
  return `<main class="sign-in">
      <h1>Sluice</h1>
      ${refusal}
      <form method="post" action="${root}admin/sign-in">
        <label for="token">Admin token</label>
        <input id="token" name="token" type="password" required autocomplete="off" autofocus>
        <button>Sign in</button>
      </form>
      <p>A JWT with the role ADMIN; <code>deno task token ADMIN</code> prints one.</p>
    </main>`;
}

function page(style: string, script: string, body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="referrer" content="no-referrer">
    <title>Sluice</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${style}">
    <script type="module" src="${script}"></script>
  </head>
  <body>
    ${body}
    <noscript>The dashboard requires JavaScript.</noscript>
  </body>
</html>
`;
}
