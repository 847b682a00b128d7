/** The folder of this process: created when it is first needed, and touched so that nobody takes it over. */

import type { Clock } from "../../clock.ts";
import type { SpoolFiles } from "./files.ts";
import { claimFolder, HEARTBEAT_MS, OWNER_FILE, type ProcessInfo } from "./owner.ts";

/** What a spool needs. */
export interface SpoolOptions {
  /** The folder that processes share. */
  readonly root: string;
  readonly files: SpoolFiles;
  readonly process: ProcessInfo;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly newId: () => string;
}

const MAX_ATTEMPTS = 5;

/** The folder of this process. */
export class OwnFolder {
  readonly #options: SpoolOptions;
  #name: string | null = null;
  #opening: Promise<string> | null = null;
  #stopHeartbeat = () => {};

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** Its name below the root; `null` while there is none. */
  get name(): string | null {
    return this.#name;
  }

  /** Its path; `null` while there is none. */
  get path(): string | null {
    return this.#name === null ? null : `${this.#options.root}/${this.#name}`;
  }

  /** Returns its path, and creates it first if there is none. */
  open(): Promise<string> {
    return this.#opening ??= this.#create().catch((error) => {
      this.#opening = null;
      throw error;
    });
  }

  /** Forgets the folder if it is gone: another process has it, or it was removed. */
  async forgetIfGone(): Promise<void> {
    const { path } = this;
    if (path === null || await this.#options.files.exists(path).catch(() => true)) return;
    this.#forget();
  }

  /** Removes the folder, or leaves what is in it to the next process, which need not wait for an end. */
  async release(isEmpty: boolean): Promise<void> {
    const { path } = this;
    this.#forget();
    if (path === null) return;
    await this.#options.files.remove(isEmpty ? path : `${path}/${OWNER_FILE}`);
  }

  async #create(): Promise<string> {
    const { root, files, process, newId } = this.#options;
    await files.makeFolder(root);
    // Not to be committed to the application's repository.
    await files.write(`${root}/.gitignore`, "*\n");
    for (let attempt = 1;; attempt++) {
      const name = newId();
      try {
        await files.makeFolder(`${root}/${name}`);
        await claimFolder(files, `${root}/${name}`, process);
        this.#name = name;
        this.#beat(name);
        return `${root}/${name}`;
      } catch (error) {
        // A process that just looked for folders without an owner may have taken it.
        if (attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  #beat(name: string): void {
    const { root, files, clock } = this.#options;
    this.#stopHeartbeat = clock.after(HEARTBEAT_MS, () => {
      files.touch(`${root}/${name}/${OWNER_FILE}`, clock.now()).catch(() => {});
      this.#beat(name);
    });
  }

  #forget(): void {
    this.#stopHeartbeat();
    this.#name = null;
    this.#opening = null;
  }
}
