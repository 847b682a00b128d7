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

/**
 * Starts a program that a variable of the environment may name.
 *
 * @throws {KvServerError} if it cannot be started
 */
export function spawnServer(
  program: string,
  variable: string,
  options: Deno.CommandOptions,
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, options).spawn();
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound ? "it does not exist" : "it is no program";
    throw new KvServerError(`Cannot start ${JSON.stringify(program)}, ${reason}; set ${variable}`, {
      cause: error,
    });
  }
}
