/** Postgres without a server to install: PGlite behind its socket server, in a worker. */

import { getLogger } from "@logtape/logtape";

/** A running embedded Postgres. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** A URL that any driver of Postgres connects to. */
  readonly url: string;
}

/** Where the data lives. */
export type EmbeddedSource =
  /** In a folder, made where it is missing; survives restarts and `kill -9`. */
  | { readonly folder: string }
  /** In memory, from a dump of an earlier instance where one is given. */
  | { readonly dump: Uint8Array<ArrayBuffer> | null };

/** What the worker answers. */
export type EmbeddedAnswer =
  | { readonly kind: "ready"; readonly port: number }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "closed" };

const logger = getLogger(["sluice", "store"]);

/** A worker of its own keeps the WebAssembly off the thread that answers requests. */
export async function startEmbedded(source: EmbeddedSource): Promise<EmbeddedPostgres> {
  if ("folder" in source) await Deno.mkdir(source.folder, { recursive: true });
  const worker = new Worker(new URL("./embedded_worker.ts", import.meta.url), { type: "module" });
  const died = Promise.withResolvers<EmbeddedAnswer>();
  worker.onerror = (event) => {
    event.preventDefault();
    logger.error("The embedded Postgres ended: {reason}", { reason: event.message });
    died.resolve({ kind: "failed", message: event.message });
  };
  const ask = (message: unknown): Promise<EmbeddedAnswer> => {
    const answer = Promise.withResolvers<EmbeddedAnswer>();
    worker.onmessage = ({ data }) => answer.resolve(data);
    worker.postMessage(message);
    return Promise.race([answer.promise, died.promise]); // a dead worker never answers
  };
  const answer = await ask({ kind: "start", source });
  if (answer.kind !== "ready") {
    worker.terminate();
    const reason = answer.kind === "failed" ? answer.message : answer.kind;
    throw new Error(`Cannot start the embedded Postgres: ${reason}`);
  }
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${answer.port}/postgres`,
    async [Symbol.asyncDispose]() {
      await ask({ kind: "stop" });
      worker.terminate();
    },
  };
}
