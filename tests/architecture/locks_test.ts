/** What `deno task dev` downloads: see `tests/support/locks.ts`. */

import { listFiles, readFile } from "../docs/files.ts";
import { assertEquals } from "../support/assert.ts";
import {
  importedPackages,
  LOCKS,
  onlyFor,
  readLock,
  withoutUnusedPeers,
} from "../support/locks.ts";

/** How lock files that are not as they should be become so. */
const REPAIR =
  "`deno test` without `--lock=tests/deno.lock` writes to deno.lock: `git restore deno.lock`, and use `deno task test PATH`. After a change of packages, run `deno task lock`.";

Deno.test("deno.lock has the packages that the service imports, in the versions that are tested", async () => {
  assertEquals(
    await readLock(LOCKS.service),
    onlyFor(await readLock(LOCKS.all), await importedPackages()),
    REPAIR,
  );
});

Deno.test("no lock file has peers that nothing runs", async () => {
  const all = await readLock(LOCKS.all);
  assertEquals(all, withoutUnusedPeers(all), REPAIR);
});
