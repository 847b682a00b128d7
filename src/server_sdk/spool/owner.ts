/**
 * Who owns a folder of the spool. Each process creates a folder of its own, and takes over those of
 * processes that have ended by renaming them, which is atomic.
 *
 * Whether a process has ended can only be guessed: it may be another host's, or be suspended. A wrong
 * guess is harmless, because the owner looks after each sync whether its folder is still in its place,
 * and until then promises nothing; and because an event that two processes send is one row.
 */

import type { SpoolFiles } from "./files.ts";

/** A running process, as others that share its spool see it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly host: string;
  /** Epoch milliseconds, to tell it from an earlier process with its number. */
  readonly startedAt: number;
  /** Whether a process of this host exists. */
  isAlive(pid: number): boolean;
}

/** The file that names a folder's owner, touched while that lives. */
export const OWNER_FILE = "owner.json";
/** How often an owner touches its file. */
export const HEARTBEAT_MS = 10_000;
/** An owner that has not touched its file for this long has ended, or is as good as that. */
export const STALE_MS = 60_000;

/** Starts with the owner's name: `<owner>`, or `<owner>+<id>` for one that it took over. */
function ownerOf(folder: string): string {
  return folder.split("+", 1)[0] ?? folder;
}

/** Writes the file that says who owns a folder. */
export async function claimFolder(
  files: SpoolFiles,
  folder: string,
  { pid, host, startedAt }: ProcessInfo,
): Promise<void> {
  await files.write(`${folder}/${OWNER_FILE}`, JSON.stringify({ pid, host, startedAt }));
}

/** Names of folders below `root` whose owner has ended, oldest first. */
export async function findAbandoned(
  files: SpoolFiles,
  root: string,
  self: { readonly name: string; readonly process: ProcessInfo; readonly now: number },
): Promise<string[]> {
  const abandoned: string[] = [];
  for (const name of await files.list(root)) {
    const owner = ownerOf(name);
    if (owner === self.name || name.startsWith(".")) continue;
    const ownerFile = `${root}/${owner}/${OWNER_FILE}`;
    const touchedAt = await files.touchedAt(ownerFile).catch(() => self.now);
    if (touchedAt === null || Math.abs(self.now - touchedAt) > STALE_MS) abandoned.push(name);
    else if (await hasEnded(files, ownerFile, self.process)) abandoned.push(name);
  }
  return abandoned;
}

/** Whether the owner is known to have ended: a process of this host that is gone, or was this one's number. */
async function hasEnded(files: SpoolFiles, file: string, self: ProcessInfo): Promise<boolean> {
  try {
    const { pid, host, startedAt } = JSON.parse(new TextDecoder().decode(await files.read(file)));
    if (host !== self.host) return false;
    // The first process of a container has the same number after a restart.
    if (pid === self.pid) return Math.abs(startedAt - self.startedAt) > 2_000;
    return !self.isAlive(pid);
  } catch {
    return false; // being written, or removed by its owner
  }
}
