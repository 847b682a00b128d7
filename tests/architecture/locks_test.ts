/** What `deno task dev` downloads: see `tests/support/locks.ts`. */

import { assertEquals } from "../support/assert.ts";
import {
  importedPackages,
  LOCKS,
  onlyFor,
  readLock,
  withoutUnusedPeers,
} from "../support/locks.ts";
import { importedBy } from "../support/module_graph.ts";

/** The programs behind `deno task` but those in `tests`, their workers, and what they bundle. */
const PROGRAMS: readonly string[] = [
  "main.ts",
  "src/api_docs/main.ts",
  "src/build/assets.ts",
  "src/build/packages.ts",
  "src/cli/dev.ts",
  "src/cli/migrate.ts",
  "src/cli/query.ts",
  "src/cli/reenrich.ts",
  "src/cli/release.ts",
  "src/cli/reflush.ts",
  "src/cli/set_aside.ts",
  "src/cli/simulate.ts",
  "src/cli/token.ts",
  "src/client/script.ts",
  "src/dashboard/main.tsx",
  "src/dashboard/sign_in.ts",
  "src/demo/main.tsx",
  "src/server_sdk/mod.ts",
  "src/server_sdk/worker.ts",
  "src/store/embedded_worker.ts",
];

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

Deno.test("deno.json imports nothing for everybody that only tests need", async () => {
  const needed = new Set<string>();
  for (const program of PROGRAMS) {
    for (const name of await importedBy(new URL(`../../${program}`, import.meta.url))) {
      needed.add(name);
    }
  }
  assertEquals((await importedPackages()).toSorted(), [...needed].toSorted());
});
