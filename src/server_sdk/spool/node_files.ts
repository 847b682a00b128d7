/** Files by `node:fs`, which Node, Deno and Bun have. */

import { Buffer } from "node:buffer";
import * as fs from "node:fs/promises";
import { dirname } from "node:path";
import type { LogFile, SpoolFiles } from "./files.ts";

/** The file system of the machine. */
export const nodeFiles: SpoolFiles = {
  exists: async (path) => await orNull(fs.stat(path)) !== null,
  async makeFolder(path) {
    const first = await fs.mkdir(path, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    await syncFolder(dirname(path));
    await syncFolder(dirname(first));
  },
  list: async (folder) => (await orNull(fs.readdir(folder)) ?? []).sort(),
  read: (path) => fs.readFile(path),
  write: (path, text) => fs.writeFile(path, text, { mode: 0o600 }),
  append: (path, text) => fs.appendFile(path, text, { mode: 0o600 }),
  create,
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.rm(path, { recursive: true, force: true }),
  touchedAt: async (path) => (await orNull(fs.stat(path)))?.mtimeMs ?? null,
  touch: (path, at) => fs.utimes(path, at / 1_000, at / 1_000),
};

async function create(path: string): Promise<LogFile> {
  const file = await fs.open(path, "ax", 0o600);
  await syncFolder(dirname(path));
  return {
    async append(bytes) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      // A write may take only a part, as on a disk that is nearly full.
      for (let from = 0; from < buffer.length;) {
        from += (await file.write(buffer, from, buffer.length - from)).bytesWritten;
      }
    },
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}

/** Syncs the names in a folder; file systems without that keep them by themselves. */
async function syncFolder(path: string): Promise<void> {
  const folder = await fs.open(path, "r").catch(() => null);
  await folder?.sync().catch(() => {});
  await folder?.close();
}

/** The result, or `null` if there is no such file. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return null;
    throw error;
  }
}
