/** Opens and closes what the parts share. */

import { join } from "node:path";
import { fillBuffer } from "./buffer.ts";
import { LoadGenerator } from "./load/control.ts";
import { KEY_NAMES, type Keys } from "./load/keys.ts";
import { type BenchPostgres, openBenchPostgres } from "./postgres.ts";
import type { Scale } from "./scale.ts";
import { kvPathOf } from "./servers.ts";
import type { Suite } from "./types.ts";

/** A suite to be disposed of at the end. */
export interface OpenSuite extends Suite, AsyncDisposable {
  /** Name and version of the Postgres; `null`: no part has started one. */
  postgresName(): string | null;
}

/** Opens a suite. Postgres starts when a part first asks for it. */
export async function openSuite(
  scale: Scale,
  progress: (text: string) => void,
  skip: (reason: string) => void,
): Promise<OpenSuite> {
  await using opened = new AsyncDisposableStack();
  const root = await Deno.makeTempDir({ prefix: "sluice-bench-" });
  opened.defer(() => Deno.remove(root, { recursive: true }));
  const load = opened.use(new LoadGenerator());
  const full = new Map<string, string>();
  let postgres: BenchPostgres | null = null;
  let folders = 0;

  async function newFolder(): Promise<string> {
    const folder = join(root, String(folders++));
    await Deno.mkdir(folder);
    return folder;
  }

  /** The path of a filled KV, which is made once and then copied. */
  async function fullKv(events: number, keys: Keys): Promise<string> {
    const name = `${events} ${keys}`;
    const known = full.get(name);
    if (known !== undefined) return known;
    const path = kvPathOf(await newFolder());
    progress(`filling a buffer, ${KEY_NAMES[keys]}`);
    await fillBuffer(path, events, keys, (done) => {
      if (done % 50_000 === 0) progress(`filling a buffer: ${done.toLocaleString("en")} events`);
    });
    full.set(name, path);
    return path;
  }

  await Deno.chmod(root, 0o755); // PostgreSQL runs as another user
  const parts = opened.move();
  return {
    scale,
    load,
    progress,
    skip,
    newFolder,
    async folderWithEvents(events, keys = "none") {
      const folder = await newFolder();
      await Deno.copyFile(await fullKv(events, keys), kvPathOf(folder));
      // Otherwise the first measured commits would wait for all of this to reach the disk.
      using file = await Deno.open(kvPathOf(folder), { read: true, write: true });
      await file.sync();
      return folder;
    },
    async emptyPostgres() {
      if (postgres === null) {
        progress("starting Postgres");
        postgres = parts.use(await openBenchPostgres(await newFolder()));
      }
      await postgres.reset();
      return postgres;
    },
    postgresName: () => postgres?.name ?? null,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
