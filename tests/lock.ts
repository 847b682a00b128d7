/** `deno task lock`: brings both lock files up to date after a change of packages. */

import {
  importedPackages,
  type Lock,
  LOCKS,
  onlyFor,
  readLock,
  withoutUnusedPeers,
} from "./support/locks.ts";

const all = withoutUnusedPeers(await readLock(LOCKS.all));
await write(LOCKS.all, all);
await write(LOCKS.service, onlyFor(all, await importedPackages()));

async function write(file: URL, lock: Lock): Promise<void> {
  await Deno.writeTextFile(file, `${JSON.stringify(lock, null, 2)}\n`);
}
