/**
 * Events on disk until the service has acknowledged them: segments that are only appended to, in a
 * folder of this process. Beside each segment, a file lists the records that are settled; it is not
 * synced, as losing it only sends events again.
 */

import type { QueueRecord } from "../record.ts";
import type { LogFile } from "./files.ts";
import { decodeLines, encodeLines } from "./lines.ts";
import { OwnFolder, type SpoolOptions } from "./own_folder.ts";
import { findAbandoned } from "./owner.ts";

const SEGMENT_BYTES = 1024 * 1024;
const EVENTS = ".events";
const SETTLED = ".settled";

/** A segment that was read. */
export interface StoredSegment {
  readonly path: string;
  /** Records that are not settled. */
  readonly records: readonly QueueRecord[];
  readonly damaged: number;
}

/** The spool of one process. */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #own: OwnFolder;
  #segment: { path: string; file: LogFile; bytes: number } | null = null;
  #count = 0;
  /** Ends with the append in progress. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#own = new OwnFolder(options);
  }

  /** This process's folder; `null` before it has one. */
  get folder(): string | null {
    return this.#own.path;
  }

  /** Whether an earlier process left a spool here. */
  exists(): Promise<boolean> {
    return this.#options.files.exists(this.#options.root);
  }

  /** Appends records and syncs them; returns their segment. Rejects if they may not be on disk. */
  append(records: readonly QueueRecord[]): Promise<string> {
    const appended = this.#turn.then(() => this.#append(records));
    this.#turn = appended.catch(() => {});
    return appended;
  }

  async #append(records: readonly QueueRecord[]): Promise<string> {
    try {
      const folder = await this.#own.open();
      // Not after the last append: its records are not in the queue before the caller has the path.
      if ((this.#segment?.bytes ?? 0) >= SEGMENT_BYTES) await this.seal();
      const segment = this.#segment ??= await this.#createSegment(folder);
      const lines = encodeLines(records);
      await segment.file.append(lines);
      await segment.file.sync();
      // Another process has the folder if it took this one for dead, perhaps after reading the segment.
      if (!await this.#options.files.exists(segment.path)) {
        throw new Error(`${folder} was taken over by another process, or removed`);
      }
      segment.bytes += lines.length;
      return segment.path;
    } catch (error) {
      // After an error nobody knows what the file holds: nothing is ever appended to it again.
      await this.seal();
      await this.#own.forgetIfGone();
      throw error;
    }
  }

  /** Ends the segment that is appended to. */
  async seal(): Promise<void> {
    const segment = this.#segment;
    this.#segment = null;
    await segment?.file.close().catch(() => {});
  }

  /** Whether records may still be appended to a segment. */
  isActive(path: string): boolean {
    return this.#segment?.path === path;
  }

  /** Reads the unsettled records of a segment. */
  async read(path: string): Promise<StoredSegment> {
    const { files } = this.#options;
    const { records, damaged } = decodeLines(await files.read(path));
    const settled = await files.read(settledFile(path)).catch(() => new Uint8Array());
    const ids = new Set(new TextDecoder().decode(settled).split("\n"));
    return { path, damaged, records: records.filter(({ id }) => !ids.has(id)) };
  }

  /** Remembers that records are settled. */
  async settle(path: string, ids: readonly string[]): Promise<void> {
    // Fails only if another process has the folder, which then sends them again.
    await this.#options.files.append(settledFile(path), `${ids.join("\n")}\n`).catch(() => {});
  }

  /** Removes a segment, and the folder it was taken over with when that is empty. */
  async remove(path: string): Promise<void> {
    const { files } = this.#options;
    await files.remove(path);
    await files.remove(settledFile(path));
    const folder = folderOf(path);
    if (folder === this.folder || (await this.#segmentsIn(folder)).length > 0) return;
    await files.remove(folder);
  }

  /** Takes over the folders of processes that have ended, and lists their segments in order. */
  async adopt(): Promise<string[]> {
    const { root, files, process, clock, newId } = this.#options;
    await this.#own.open();
    const self = { name: this.#own.name ?? "", process, now: clock.now() };
    const paths: string[] = [];
    for (const name of await findAbandoned(files, root, self)) {
      const folder = `${root}/${self.name}+${newId()}`;
      try {
        await files.rename(`${root}/${name}`, folder);
      } catch {
        continue; // another process was faster
      }
      const segments = await this.#segmentsIn(folder);
      if (segments.length === 0) await files.remove(folder);
      paths.push(...segments);
    }
    return paths;
  }

  /** Closes the spool. What is left in it is for the next process. */
  async close(): Promise<void> {
    await this.seal();
    const { folder } = this;
    if (folder === null) return;
    try {
      await this.#own.release((await this.#segmentsIn(folder)).length === 0);
    } catch {
      // The next process takes the folder over as that of one that has ended.
    }
  }

  async #segmentsIn(folder: string): Promise<string[]> {
    const names = await this.#options.files.list(folder);
    return names.filter((name) => name.endsWith(EVENTS)).map((name) => `${folder}/${name}`);
  }

  async #createSegment(folder: string) {
    const path = `${folder}/${String(++this.#count).padStart(8, "0")}${EVENTS}`;
    return { path, file: await this.#options.files.create(path), bytes: 0 };
  }
}

function settledFile(path: string): string {
  return path.slice(0, -EVENTS.length) + SETTLED;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
