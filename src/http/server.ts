/**
 * The HTTP server, which serves on when file descriptors run out. Deno's stops for good when a connection
 * cannot be accepted, and it never closes idle ones: a thousand of them ended the process.
 */

import { getLogger } from "@logtape/logtape";
import { type Clock, within } from "../clock.ts";
import { closeAfter } from "./close_after.ts";

/** Options of `Server`. */
export interface ServerOptions {
  readonly clock: Pick<Clock, "after" | "monotonic" | "sleep">;
  /** The address to listen on; `::` is IPv4 as well. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly handler: Deno.ServeHandler<Deno.NetAddr>;
  /**
   * Whether to connect to the port now and then: before version 2.9, Deno says that it stopped accepting
   * connections only when all of them have ended.
   */
  readonly probe: boolean;
  /** Whether a body is arriving: Deno 2.9 reads no more of it once the server stops listening. */
  readonly isReading?: () => boolean;
  /** Called once, when the server listens for the first time. */
  readonly onListen: (address: Deno.NetAddr) => void;
}

/** How long a server that failed may still answer requests; each answer closes its connection. */
const ANSWER_MS = 500;
/** How long to wait for the connections that are left to be cut: idle ones, slow requests, open streams. */
const CUT_MS = 200;
const RETRY_MS = 100;
const PROBE_MS = 1_000;
const LOG_MS = 10_000;
/**
 * Before it stops listening, so many turns of the event loop in a row must bring no request: what the
 * machine has accepted for a process that is late would be reset. Each turn reads what has arrived.
 */
const QUIET_TURNS = 3;
const TURN_MS = 20;
/** What to connect to where the server listens on all addresses. */
const LOOPBACKS: ReadonlyMap<string, string> = new Map([["0.0.0.0", "127.0.0.1"], ["::", "::1"]]);

const logger = getLogger(["sluice", "http"]);

/** A server that replaces itself when it fails. */
export class Server {
  readonly #options: ServerOptions;
  /** The one that accepts connections, and one that failed a moment ago. */
  readonly #servers = new Set<Deno.HttpServer<Deno.NetAddr>>();
  /** Replaces the one that accepts connections. */
  #fail: (error: unknown) => Promise<void> = () => Promise.resolve();
  #cancelProbe: (() => void) | null = null;
  readonly #port: number;
  #isStopping = false;
  #requests = 0;
  #loggedAt = -Infinity;

  /**
   * @throws {Deno.errors.AddrInUse} where the port is taken
   * @throws {Deno.errors.AddrNotAvailable} where this machine does not have the address
   */
  constructor(options: ServerOptions) {
    this.#options = options;
    const { addr } = this.#listen(options.port, options.onListen);
    this.#port = addr.port;
    if (options.probe) this.#scheduleProbe();
  }

  /**
   * Once no request or body is arriving, or after `patienceMs`: accepts no more connections, closes idle
   * ones, and resolves when all requests are answered.
   */
  async shutdown(patienceMs: number): Promise<void> {
    await this.#catchUp(patienceMs);
    this.#isStopping = true;
    this.#cancelProbe?.();
    await Promise.all([...this.#servers].map((server) => server.shutdown()));
  }

  #listen(port: number, onListen: (address: Deno.NetAddr) => void): Deno.HttpServer<Deno.NetAddr> {
    const cut = new AbortController();
    const { handler, host: hostname } = this.#options;
    let failed: Promise<void> | null = null;
    const server = Deno.serve(
      { hostname, port, onListen, signal: cut.signal },
      (request, info) => {
        this.#requests += 1;
        return failed === null ? handler(request, info) : closeAfter(handler(request, info));
      },
    );
    this.#servers.add(server);
    const fail = (error: unknown) => failed ??= this.#replace(server, cut, error);
    this.#fail = fail;
    server.finished.catch(fail);
    return server;
  }

  async #catchUp(patienceMs: number): Promise<void> {
    const { clock, isReading = () => false } = this.#options;
    const until = clock.monotonic() + patienceMs;
    for (let quiet = 0; quiet < QUIET_TURNS && clock.monotonic() < until;) {
      const before = this.#requests;
      await clock.sleep(TURN_MS);
      quiet = this.#requests === before && !isReading() ? quiet + 1 : 0;
    }
  }

  #scheduleProbe(): void {
    if (this.#isStopping) return;
    this.#cancelProbe = this.#options.clock.after(PROBE_MS, async () => {
      await this.#probe();
      this.#scheduleProbe();
    });
  }

  async #probe(): Promise<void> {
    const fail = this.#fail;
    try {
      const hostname = LOOPBACKS.get(this.#options.host) ?? this.#options.host;
      const connection = await Deno.connect({ hostname, port: this.#port });
      connection.close();
    } catch (error) {
      // Not when it takes too long: a full queue of connections is being accepted.
      const isRefused = error instanceof Deno.errors.ConnectionRefused;
      if (isRefused || /too many open files/i.test(String(error))) await fail(error);
    }
  }

  /** Closes the connections of a server that failed, and listens again. */
  async #replace(
    server: Deno.HttpServer<Deno.NetAddr>,
    cut: AbortController,
    error: unknown,
  ): Promise<void> {
    const { clock } = this.#options;
    this.#log(error);
    await clock.sleep(ANSWER_MS);
    // Not `shutdown`: it waits for slow requests, and nothing can cut them any more.
    this.#servers.delete(server);
    abortQuietly(cut);
    await within(clock, CUT_MS, server.finished.catch(() => {}));
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
      "Could not accept a connection, so idle and slow ones are cut: {error}. If it goes on, raise the " +
        "limit of open files, or put a proxy in front that closes idle connections.",
      { error },
    );
  }
}

/** Aborts; Deno throws an uncaught error if the server is shutting down already. */
function abortQuietly(controller: AbortController): void {
  const ignore = (event: ErrorEvent) => event.preventDefault();
  addEventListener("error", ignore);
  controller.abort();
  removeEventListener("error", ignore);
}
