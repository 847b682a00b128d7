/** The secret that `deno task dev` generates for itself (contract 6.3). */

import { join } from "node:path";
import { makePrivateFolder } from "../private_files.ts";

/** The file that has the secret. */
export function devSecretPath(dataDir: string): string {
  return join(dataDir, "dev-secret");
}

/** Returns the secret; generates and saves it on the first call. */
export async function ensureDevSecret(dataDir: string): Promise<string> {
  const saved = await readDevSecret(dataDir);
  if (saved !== null) return saved;
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const secret = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  await makePrivateFolder(dataDir);
  await Deno.writeTextFile(devSecretPath(dataDir), secret, { mode: 0o600 });
  return secret;
}

/** Returns the saved secret; `null` if `dev` has not run yet. */
export async function readDevSecret(dataDir: string): Promise<string | null> {
  try {
    return (await Deno.readTextFile(devSecretPath(dataDir))).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
