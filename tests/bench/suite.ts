/** What parts share, and its end. */

import { join } from "node:path";
import { fillBuffer } from "./buffer.ts";
import { LoadGenerator } from "./load/control.ts";
import { type BenchPostgres, openBenchPostgres } from "./postgres.ts";
import type { Scale } from "./scale.ts";
import { kvPathOf } from "./servers.ts";
import type { Suite } from "./types.ts";

/** A suite, and what has to be ended after it. */
export interface OpenSuite extends Suite, AsyncDisposable {
  /** Name and version of the Postgres, where one was started. */
  postgresName(): string | null;
}

/** Opens a suite. */
export async function openSuite(
  scale: Scale,
  progress: (text: string) => void,
): Promise<OpenSuite> {
  await using opened = new AsyncDisposableStack();
  const root = await Deno.makeTempDir({ prefix: "sluice-bench-" });
  opened.defer(() => Deno.remove(root, { recursive: true }));
  const load = opened.use(new LoadGenerator());
  const full = new Map<number, string>();
  let postgres: BenchPostgres | null = null;
  let folders = 0;

  async function newFolder(): Promise<string> {
    const folder = join(root, String(folders++));
    await Deno.mkdir(folder);
    return folder;
  }

  /** Filled once, copied as often as it is wanted. */
  async function fullKv(events: number): Promise<string> {
    const known = full.get(events);
    if (known !== undefined) return known;
    const path = kvPathOf(await newFolder());
    await fillBuffer(path, events, (done) => {
      if (done % 50_000 === 0) progress(`filling a buffer: ${done.toLocaleString("en")} events`);
    });
    full.set(events, path);
    return path;
  }

  await Deno.chmod(root, 0o755); // the server of Postgres runs as somebody else
  const parts = opened.move();
  return {
    scale,
    load,
    progress,
    newFolder,
    async fullFolder(events) {
      const folder = await newFolder();
      await Deno.copyFile(await fullKv(events), kvPathOf(folder));
      // On disk before anything is measured: the first commits would wait for all of it otherwise.
      using file = await Deno.open(kvPathOf(folder), { read: true, write: true });
      await file.sync();
      return folder;
    },
    async freshPostgres() {
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
