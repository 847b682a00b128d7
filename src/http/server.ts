/**
 * The HTTP server, which serves on when file descriptors run out. Deno's stops for good when a connection
 * cannot be accepted, and it never closes idle ones: a thousand of them ended the process.
 */

import { getLogger } from "@logtape/logtape";
import { type Clock, within } from "../clock.ts";

/** Options of `Server`. */
export interface ServerOptions {
  readonly clock: Pick<Clock, "after" | "monotonic" | "sleep">;
  /** 0 picks a free one. */
  readonly port: number;
  readonly handler: Deno.ServeHandler<Deno.NetAddr>;
  /** Called once, when the server listens for the first time. */
  readonly onListen: (address: Deno.NetAddr) => void;
}

/** How long to wait for idle connections to be closed before listening again. */
const SHED_MS = 200;
/** Requests that are still open after this are cut: slow bodies, which hold a descriptor each. */
const CUT_MS = 2_000;
const RETRY_MS = 100;
const LOG_MS = 10_000;

const logger = getLogger(["sluice", "http"]);

/** A server that replaces itself when it fails. */
export class Server {
  readonly #options: ServerOptions;
  /** The one that accepts connections, and those whose last requests are not answered yet. */
  readonly #servers = new Set<Deno.HttpServer<Deno.NetAddr>>();
  readonly #port: number;
  #isStopping = false;
  #loggedAt = -Infinity;

  /** @throws {Deno.errors.AddrInUse} where the port is taken */
  constructor(options: ServerOptions) {
    this.#options = options;
    const { addr } = this.#listen(options.port, options.onListen);
    this.#port = addr.port;
  }

  /** Accepts no more connections, closes idle ones, and resolves when all requests are answered. */
  async shutdown(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#servers].map((server) => server.shutdown()));
  }

  #listen(port: number, onListen: (address: Deno.NetAddr) => void): Deno.HttpServer<Deno.NetAddr> {
    const cut = new AbortController();
    const { handler } = this.#options;
    const server = Deno.serve({ port, onListen, signal: cut.signal }, handler);
    this.#servers.add(server);
    server.finished.catch((error) => this.#replace(server, cut, error));
    return server;
  }

  /** Closes the idle connections of a server that failed, and listens again. */
  async #replace(
    server: Deno.HttpServer<Deno.NetAddr>,
    cut: AbortController,
    error: unknown,
  ): Promise<void> {
    const { clock } = this.#options;
    this.#log(error);
    const ended = server.shutdown().catch(() => {}).finally(() => this.#servers.delete(server));
    const cancel = clock.after(CUT_MS, () => cut.abort());
    ended.finally(cancel);
    await within(clock, SHED_MS, ended);
    while (!this.#isStopping) {
      try {
        this.#listen(this.#port, () => {});
        return;
      } catch (failure) {
        this.#log(failure);
        await clock.sleep(RETRY_MS);
      }
    }
  }

  #log(error: unknown): void {
    const now = this.#options.clock.monotonic();
    if (now - this.#loggedAt < LOG_MS) return;
    this.#loggedAt = now;
    logger.error(
      "Could not accept a connection, so idle ones are closed: {error}. If it goes on, raise the " +
        "limit of open files, or put a proxy in front that closes idle connections.",
      { error },
    );
  }
}
