/** The part of a spool that belongs to one service. */

import { crc32 } from "./crc32.ts";

/** The folder below `spool` for events to `endpoint`, so that none is ever sent to another service. */
export function serviceFolder(spool: string, endpoint: string): string {
  const host = new URL(endpoint).host.replaceAll(/[^a-z0-9.-]/g, "_");
  return `${spool.replace(/\/+$/, "")}/${host}-${crc32(new TextEncoder().encode(endpoint))}`;
}
