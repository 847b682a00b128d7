/** A file system in memory that can fail, and lose what was not synced. */

import type { LogFile, SpoolFiles } from "../../src/server_sdk/spool/files.ts";

/** When tests begin by `FakeClock`. */
const WRITTEN_AT = Date.parse("2026-03-01T12:00:00.000Z");

interface MemoryFile {
  bytes: Uint8Array<ArrayBuffer>;
  /** How much of it survives a power failure. */
  synced: number;
  touchedAt: number;
}

class NotFound extends Error {
  readonly code = "ENOENT";
}

/** Files by path; folders are listed with a slash at the end. */
export class MemoryFiles implements SpoolFiles {
  readonly files = new Map<string, MemoryFile>();
  readonly folders = new Set<string>();
  syncs = 0;
  /** Makes the next operations of a kind fail. */
  failing: {
    readonly create?: Error;
    readonly append?: Error;
    readonly sync?: Error;
    readonly remove?: Error;
  } = {};
  /** While set, syncs wait for it. */
  holdSync: Promise<void> | null = null;

  /** Loses everything that was not synced, and keeps `torn` bytes more. */
  powerFailure(torn = 0): void {
    for (const file of this.files.values()) {
      file.bytes = file.bytes.slice(0, file.synced + torn);
    }
  }

  /** The paths of all files that end with `suffix`. */
  paths(suffix: string): string[] {
    return [...this.files.keys()].filter((path) => path.endsWith(suffix)).toSorted();
  }

  exists(path: string): Promise<boolean> {
    return Promise.resolve(this.files.has(path) || this.folders.has(path));
  }

  makeFolder(path: string): Promise<void> {
    const parts = path.split("/");
    for (let n = 1; n <= parts.length; n++) this.folders.add(parts.slice(0, n).join("/"));
    return Promise.resolve();
  }

  list(folder: string): Promise<string[]> {
    const names = [...this.files.keys(), ...this.folders]
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1).split("/")[0] ?? "");
    return Promise.resolve([...new Set(names)].toSorted());
  }

  read(path: string): Promise<Uint8Array> {
    const file = this.files.get(path);
    return file ? Promise.resolve(file.bytes) : Promise.reject(new NotFound(path));
  }

  write(path: string, text: string): Promise<void> {
    return this.#put(path, new TextEncoder().encode(text));
  }

  async append(path: string, text: string): Promise<void> {
    const before = this.files.get(path)?.bytes ?? new Uint8Array();
    await this.#put(path, concat(before, new TextEncoder().encode(text)));
  }

  async create(path: string): Promise<LogFile> {
    if (this.failing.create) throw this.failing.create;
    await this.#put(path, new Uint8Array());
    const file = this.files.get(path);
    if (!file) throw new NotFound(path);
    return {
      append: async (bytes) => {
        await Promise.resolve();
        const part = this.failing.append ? bytes.slice(0, bytes.length / 2) : bytes;
        file.bytes = concat(file.bytes, part);
        if (this.failing.append) throw this.failing.append;
      },
      sync: async () => {
        await this.holdSync;
        if (this.failing.sync) throw this.failing.sync;
        this.syncs += 1;
        file.synced = file.bytes.length;
      },
      close: () => Promise.resolve(),
    };
  }

  rename(from: string, to: string): Promise<void> {
    if (!this.folders.has(from)) return Promise.reject(new NotFound(from));
    for (const paths of [this.files, this.folders] as const) {
      for (const path of [...paths.keys()]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        const target = to + path.slice(from.length);
        const file = this.files.get(path);
        if (file) this.files.set(target, file);
        else this.folders.add(target);
        paths.delete(path);
      }
    }
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    if (this.failing.remove) return Promise.reject(this.failing.remove);
    for (const paths of [this.files, this.folders] as const) {
      for (const other of [...paths.keys()]) {
        if (other === path || other.startsWith(`${path}/`)) paths.delete(other);
      }
    }
    return Promise.resolve();
  }

  touchedAt(path: string): Promise<number | null> {
    return Promise.resolve(this.files.get(path)?.touchedAt ?? null);
  }

  touch(path: string, at: number): Promise<void> {
    const file = this.files.get(path);
    if (file) file.touchedAt = at;
    return file ? Promise.resolve() : Promise.reject(new NotFound(path));
  }

  #put(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (!this.folders.has(path.slice(0, path.lastIndexOf("/")))) {
      return Promise.reject(new NotFound(path));
    }
    const synced = this.files.get(path)?.synced ?? 0;
    this.files.set(path, { bytes, synced, touchedAt: WRITTEN_AT });
    return Promise.resolve();
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
