/** An embedded Postgres: PGlite behind its socket server, in a worker. */

import { getLogger } from "@logtape/logtape";
import { makePrivateFolder } from "../private_files.ts";

/** A running embedded Postgres. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** A URL for any Postgres driver. */
  readonly url: string;
}

/** Where an embedded Postgres keeps its data. */
export type EmbeddedSource =
  /** In a folder, created if missing; survives restarts and `kill -9`. */
  | { readonly folder: string }
  /** In memory; starts from the dump of an earlier instance, if any. */
  | { readonly dump: Uint8Array<ArrayBuffer> | null };

/** A reply of the worker. */
export type EmbeddedReply =
  | { readonly kind: "ready"; readonly port: number }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "closed" };

const logger = getLogger(["sluice", "store"]);

/**
 * Starts an embedded Postgres. It runs in a worker, so that the WebAssembly does not block the thread
 * that serves requests.
 *
 * @throws if PGlite cannot open the data
 */
export async function startEmbedded(source: EmbeddedSource): Promise<EmbeddedPostgres> {
  if ("folder" in source) await makePrivateFolder(source.folder);
  const worker = new Worker(new URL("./embedded_worker.ts", import.meta.url), { type: "module" });
  const crashed = Promise.withResolvers<EmbeddedReply>();
  worker.onerror = (event) => {
    event.preventDefault();
    logger.error("The embedded Postgres crashed: {reason}", { reason: event.message });
    crashed.resolve({ kind: "failed", message: event.message });
  };
  const send = (message: unknown): Promise<EmbeddedReply> => {
    const reply = Promise.withResolvers<EmbeddedReply>();
    worker.onmessage = ({ data }) => reply.resolve(data);
    worker.postMessage(message);
    return Promise.race([reply.promise, crashed.promise]); // a crashed worker never replies
  };
  const reply = await send({ kind: "start", source });
  if (reply.kind !== "ready") {
    worker.terminate();
    const reason = reply.kind === "failed" ? reply.message : reply.kind;
    throw new Error(`Cannot start the embedded Postgres: ${reason}`);
  }
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${reply.port}/postgres`,
    async [Symbol.asyncDispose]() {
      await send({ kind: "stop" });
      worker.terminate();
    },
  };
}
