/** What the servers have in common that `deno task cluster` starts for its buffer. */

/** A running server. */
export interface KvServer extends AsyncDisposable {
  /** For `KV_PATH`. */
  readonly path: string;
  /** What else the services need to be told. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Why a server cannot be started, as a sentence. */
export class KvServerError extends Error {
  override readonly name = "KvServerError";
}
