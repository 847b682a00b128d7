/** Files and folders that only the user of the service may read: they hold addresses and user ids. */

import { getLogger } from "@logtape/logtape";

const FILE = 0o600;
const FOLDER = 0o700;
/** Of folders that everyone shares, like `/tmp`. */
const STICKY = 0o1000;
const PERMISSIONS = 0o777;

const logger = getLogger(["sluice", "files"]);

/** Creates a file if there is none, and takes the permissions of others away whatever the umask is. */
export async function makePrivateFile(path: string): Promise<void> {
  (await Deno.open(path, { write: true, create: true, mode: FILE })).close();
  await restrict(path);
}

/** Takes the permissions of others from a file or folder that may exist, and may be removed meanwhile. */
export async function makePrivateIfExists(path: string): Promise<void> {
  await restrict(path);
}

/**
 * Creates a folder if there is none, and takes the permissions of others away. The working directory and
 * shared folders like `/tmp` stay as they are, as they are not the service's alone.
 */
export async function makePrivateFolder(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: FOLDER });
  if (await Deno.realPath(path) !== await Deno.realPath(".")) await restrict(path);
}

async function restrict(path: string): Promise<void> {
  if (Deno.build.os === "windows") return; // its files have no such permissions
  const { mode: current = null, isDirectory } = await Deno.stat(path).catch(ifNotFound) ?? {};
  if (current === null || (current & STICKY) !== 0) return;
  const mode = isDirectory ? FOLDER : FILE;
  if ((current & PERMISSIONS & ~mode) === 0) return;
  try {
    await Deno.chmod(path, mode);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn("Others may read {path}, which holds personal data: {reason}", { path, reason });
  }
}

function ifNotFound(error: unknown): null {
  if (error instanceof Deno.errors.NotFound) return null;
  throw error;
}
