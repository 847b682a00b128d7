/** Opens the KV that the settings name. */

import { dirname } from "node:path";
import { type PatienceOptions, patientKv, patiently } from "./patience.ts";

/**
 * @param path a file, `:memory:`, a KV Connect URL, or `null` for the platform's managed KV
 */
export async function openKv(path: string | null, patience: PatienceOptions): Promise<Deno.Kv> {
  if (path !== null && isFile(path)) await Deno.mkdir(dirname(path), { recursive: true });
  const kv = await patiently(() => Deno.openKv(path ?? undefined), patience);
  return patientKv(kv, patience);
}

/** Whether a path is a KV Connect URL. */
export function isConnectUrl(path: string | null): boolean {
  return path !== null && /^https?:\/\//.test(path);
}

function isFile(path: string): boolean {
  return path !== ":memory:" && !isConnectUrl(path);
}
