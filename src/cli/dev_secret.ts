/** The secret that development makes for itself (contract 6.3). */

import { join } from "node:path";

/** Where it is kept. */
export function devSecretPath(dataDir: string): string {
  return join(dataDir, "dev-secret");
}

/** The kept secret, made at the first call. */
export async function keepDevSecret(dataDir: string): Promise<string> {
  const kept = await readDevSecret(dataDir);
  if (kept !== null) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const secret = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  await Deno.mkdir(dataDir, { recursive: true });
  await Deno.writeTextFile(devSecretPath(dataDir), secret, { mode: 0o600 });
  return secret;
}

/** The kept secret, or `null`. */
export async function readDevSecret(dataDir: string): Promise<string | null> {
  try {
    return (await Deno.readTextFile(devSecretPath(dataDir))).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
