/** The files that `deno task build` creates for browsers: read once, served with their hash. */

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Context as HonoContext } from "hono";
import type { HttpEnv } from "./env.ts";

/** A file to serve. */
export interface Asset {
  readonly text: string;
  readonly gzip: Uint8Array<ArrayBuffer>;
  /** The hash of the content: 16 hexadecimal digits. */
  readonly hash: string;
}

/** Assets by file name. */
export type Assets = ReadonlyMap<string, Asset>;

const IMMUTABLE = "public, max-age=31536000, immutable";
const FIVE_MINUTES = "public, max-age=300";

/** Reads a folder of assets; empty if nothing has been built. */
export async function readAssets(folder: URL): Promise<Assets> {
  const assets = new Map<string, Asset>();
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || !/\.(js|css)$/.test(name)) continue;
      assets.set(name, toAsset(await Deno.readTextFile(new URL(name, folder))));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return assets;
}

/** Hashes a file, and compresses it for its first request. */
export function toAsset(text: string): Asset {
  let gzip: Uint8Array<ArrayBuffer> | null = null;
  return {
    text,
    get gzip() { // when it is asked for: the page at /docs takes longer than all else together
      return gzip ??= new Uint8Array(gzipSync(text, { level: 9 }));
    },
    hash: createHash("sha256").update(text).digest("hex").slice(0, 16),
  };
}

/**
 * Serves an asset: immutable at the URL with its hash (`?v=…` or as the name), otherwise cached for five minutes and
 * then revalidated.
 */
export function assetRoute(assets: Assets, name: string, type: string) {
  const asset = assets.get(name);
  return function serveAsset(c: HonoContext<HttpEnv>): Response {
    if (asset === undefined) {
      return Response.json({ code: "NOT_FOUND", message: notBuilt(name) }, { status: 404 });
    }
    const isHashed = c.req.query("v") === asset.hash || c.req.url.includes(`/${asset.hash}.`);
    const etag = `W/"${asset.hash}"`; // weak: the same with and without gzip
    const headers = {
      etag,
      "cache-control": isHashed ? IMMUTABLE : FIVE_MINUTES,
      "vary": "accept-encoding",
    };
    const known = c.req.header("if-none-match")?.split(",").map((tag) => tag.trim());
    if (known?.includes(etag)) {
      return new Response(null, { status: 304, headers });
    }
    if (!/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) {
      return new Response(asset.text, { headers: { ...headers, "content-type": type } });
    }
    return new Response(asset.gzip, {
      headers: { ...headers, "content-type": type, "content-encoding": "gzip" },
    });
  };
}

/** Says that an asset is missing, and what to do. */
export function notBuilt(name: string): string {
  return `${name} has not been built; run: deno task build`;
}

/** The content type of scripts. */
export const JAVASCRIPT = "text/javascript; charset=utf-8";
/** The content type of style sheets. */
export const CSS = "text/css; charset=utf-8";
