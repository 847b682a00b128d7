/** AsyncStorage 2 in a folder, without its atomic writes: a process may be killed in the middle of one. */

import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AsyncStorageLike } from "../../../src/client/native.ts";

/** Opens the storage of a folder. */
export function openFileStorage(folder: string): AsyncStorageLike {
  const pathOf = (key: string) => join(folder, encodeURIComponent(key));
  return {
    getAllKeys: async () => (await readdir(folder)).map(decodeURIComponent),
    async setItem(key, value) {
      const half = Math.floor(value.length / 2);
      await writeFile(pathOf(key), value.slice(0, half));
      await writeFile(pathOf(key), value.slice(half), { flag: "a" });
    },
    multiGet: (keys) =>
      Promise.all(
        keys.map(async (key) =>
          [key, await readFile(pathOf(key), "utf8").catch(() => null)] as const
        ),
      ),
    async multiRemove(keys) {
      await Promise.all(keys.map((key) => rm(pathOf(key), { force: true })));
    },
  };
}
