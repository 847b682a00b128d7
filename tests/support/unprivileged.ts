/** Runs servers that refuse to run as root as another user, without programs that may be missing. */

/** Ids of a user, for `Deno.Command`. */
export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** Users to run servers as: that of the package, or one that every system has. */
const NAMES = ["postgres", "nobody"];

/** Returns the ids of an unprivileged user if this process is root's, else `null`: it needs no other. */
export function findUnprivilegedUser(
  isRoot: boolean = Deno.uid() === 0,
  passwd: string = "/etc/passwd",
): UserIds | null {
  if (!isRoot) return null;
  const lines = Deno.readTextFileSync(passwd).split("\n").map((line) => line.split(":"));
  for (const name of NAMES) {
    const [, , uid, gid] = lines.find(([user]) => user === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`None of the users ${NAMES.join(", ")} is in ${passwd}`);
}

/** Gives paths to a user; does nothing for `null`. */
export async function giveTo(user: UserIds | null, ...paths: readonly string[]): Promise<void> {
  if (user === null) return;
  for (const path of paths) await Deno.chown(path, user.uid, user.gid);
}
