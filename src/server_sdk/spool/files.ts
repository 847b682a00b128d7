/** The file system as the spool uses it. */

/** A file that is only appended to. */
export interface LogFile {
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves when all that was appended is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file system. Paths use `/`. */
export interface SpoolFiles {
  /** Whether a folder or file exists. */
  exists(path: string): Promise<boolean>;
  /** Creates a folder that only this user may read, and those above it. */
  makeFolder(path: string): Promise<void>;
  /** Names of all entries, sorted; none if there is no such folder. */
  list(folder: string): Promise<string[]>;
  read(path: string): Promise<Uint8Array>;
  /** Creates or replaces a small file; not synced. */
  write(path: string, text: string): Promise<void>;
  /** Appends to a file, creating it; not synced. Its folder must exist. */
  append(path: string, text: string): Promise<void>;
  /** Creates a file, so that it survives a power failure once its contents are synced. */
  create(path: string): Promise<LogFile>;
  /** Atomic. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or folder, if it exists. */
  remove(path: string): Promise<void>;
  /** When a file was last written or touched, epoch milliseconds; `null` if it does not exist. */
  touchedAt(path: string): Promise<number | null>;
  touch(path: string, at: number): Promise<void>;
}
