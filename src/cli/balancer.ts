/**
 * An HTTP load balancer for several service processes on this machine: each request goes to the process
 * that has the fewest to answer. It finds the client's address and sends it as the only entry of
 * `X-Forwarded-For`.
 *
 * A process gets no more requests once its `/readyz` says `stopping`, and while it says `down`, or nothing
 * because it hangs, only if all do; where `degraded`, it still accepts events. A request is sent to another
 * process if the first refused the connection. Where a connection broke the process may have stored the
 * events, so that only requests that change nothing, or whose header names an idempotency key, are sent
 * again.
 */

import { findClientAddress, type TrustedHeaders } from "../http/client_address.ts";
import {
  forwardedHeaders,
  isRepeatable,
  readBody,
  readPath,
  withoutHopByHop,
} from "./forwarded_request.ts";

/** Options of `Balancer`. */
export interface BalancerOptions {
  readonly hostname: string;
  /** `0` for a free one. */
  readonly port: number;
  /** How often each process is asked for its `/readyz`. */
  readonly probeMs?: number;
  /** Which headers of proxies in front of it are trusted; by default none. */
  readonly trusted?: TrustedHeaders;
}

interface Target {
  readonly url: string;
  /** Requests that it has not yet answered. */
  inFlight: number;
  /** The turn in which it was last chosen. */
  turn: number;
  isOut: boolean;
  /** Whether it said that it is stopping. */
  isStopping: boolean;
  /** Whether it is being asked for its `/readyz`: an older answer must not undo a newer one. */
  isProbed: boolean;
}

/** A third of the shortest grace period of a process that has one. */
const PROBE_MS = 250;
/** Longer than `/readyz` takes. */
const PROBE_TIMEOUT_MS = 2_500;
const NO_PROXY: TrustedHeaders = { trustedProxies: 0, clientIpHeader: null };

/** Distributes requests among the processes that were added. */
export class Balancer implements AsyncDisposable {
  readonly #targets = new Map<string, Target>();
  readonly #client = Deno.createHttpClient({ allowHost: true, poolMaxIdlePerHost: 1_024 });
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #probing: ReturnType<typeof setInterval>;
  readonly #trusted: TrustedHeaders;
  #turn = 0;

  constructor({ hostname, port, probeMs = PROBE_MS, trusted = NO_PROXY }: BalancerOptions) {
    this.#trusted = trusted;
    this.#server = Deno.serve(
      { hostname, port, onListen: () => {} },
      (request, { remoteAddr }) => this.#answer(request, remoteAddr.hostname),
    );
    this.#probing = setInterval(() => this.#probeAll(), probeMs);
  }

  /** The port it listens on. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** The URLs of the processes that get requests. */
  get available(): string[] {
    return [...this.#targets.values()]
      .filter(({ isOut, isStopping }) => !isOut && !isStopping)
      .map(({ url }) => url);
  }

  /** Adds a process that serves at `url`, its origin. */
  add(url: string): void {
    this.#targets.set(url, {
      url,
      inFlight: 0,
      turn: 0,
      isOut: false,
      isStopping: false,
      isProbed: false,
    });
  }

  /** Removes a process that has ended. */
  remove(url: string): void {
    this.#targets.delete(url);
  }

  async #answer(request: Request, address: string): Promise<Response> {
    const path = readPath(request);
    if (path === null) return refuse(400, "The header Host is not that of a URL");
    const body = await readBody(request);
    if (body === "cut off") return refuse(408, "The body was cut off");
    if (body === "too large") return refuse(413, "The body is too large for the load balancer");
    const client = findClientAddress(request.headers, address, this.#trusted) ?? address;
    const headers = forwardedHeaders(request.headers, client);
    const tried = new Set<Target>();
    for (;;) {
      const target = this.#choose(tried);
      if (target === null) return refuse(503, "No process accepts connections");
      tried.add(target);
      target.inFlight += 1;
      try {
        // A client that goes ends nothing: the process must stay known as busy, in case it hangs.
        const response = await this.#fetch(`${target.url}${path}`, {
          method: request.method,
          headers,
          body,
          redirect: "manual",
        });
        if (response.headers.get("connection") === "close") this.#probe(target); // is it stopping?
        return new Response(response.body, {
          status: response.status,
          headers: withoutHopByHop(response.headers),
        });
      } catch (error) {
        if (!isRefused(error) && !isRepeatable(request, path)) {
          return refuse(502, "The process did not answer");
        }
        target.isOut = true; // the next probe brings it back
      } finally {
        target.inFlight -= 1;
      }
    }
  }

  /** Chooses the least busy process; if all are out, one of those, as it may know better what is wrong. */
  #choose(tried: ReadonlySet<Target>): Target | null {
    let best: Target | null = null;
    for (const target of this.#targets.values()) {
      if (target.isStopping || tried.has(target)) continue;
      if (best === null || isBetter(target, best)) best = target;
    }
    if (best !== null) best.turn = ++this.#turn;
    return best;
  }

  #fetch(url: string, options: RequestInit): Promise<Response> {
    const init: RequestInit & { client: Deno.HttpClient } = { ...options, client: this.#client };
    return fetch(url, init);
  }

  #probeAll(): void {
    for (const target of this.#targets.values()) this.#probe(target);
  }

  async #probe(target: Target): Promise<void> {
    if (target.isProbed) return;
    target.isProbed = true;
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    try {
      const response = await this.#fetch(`${target.url}/readyz`, { signal });
      const { status } = await response.json();
      target.isStopping = status === "stopping";
      target.isOut = status === "down";
    } catch (error) {
      if (isRefused(error) || signal.aborted) target.isOut = true;
    } finally {
      target.isProbed = false;
    }
  }

  /** Answers the requests it has, then stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#probing);
    await this.#server.shutdown();
    this.#client.close();
  }
}

function isBetter(a: Target, b: Target): boolean {
  if (a.isOut !== b.isOut) return b.isOut;
  return a.inFlight === b.inFlight ? a.turn < b.turn : a.inFlight < b.inFlight;
}

/** Whether there was no connection, so that nothing was sent. Deno 2.9 says so in the cause. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.message.includes("client error (Connect)") || isRefused(error.cause);
}

function refuse(status: number, message: string): Response {
  return Response.json({ error: message }, { status, headers: { "retry-after": "1" } });
}
