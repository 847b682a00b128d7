/** The service that traffic is sent to. */

import type { Transport } from "./sender.ts";
import { toHttp } from "./wire.ts";

/** A service that cannot be used, with a sentence to say why. */
export class TargetError extends Error {
  override readonly name = "TargetError";
}

/** A connection to a service; disposing closes its sockets. */
export class Target implements Disposable {
  readonly #url: string;
  readonly #client: Deno.HttpClient;

  /** @param url without a slash at the end */
  constructor(url: string, connections: number) {
    this.#url = url;
    this.#client = Deno.createHttpClient({ poolMaxIdlePerHost: connections });
  }

  /** Sends a planned request. */
  readonly send: Transport = async (planned, signal) => {
    const { url, method, headers, body } = toHttp(planned, this.#url);
    const response = await this.#fetch(url, { method, headers, body, signal });
    return {
      status: response.status,
      body: await response.text(),
      contentType: response.headers.get("content-type") ?? "",
      replayed: response.headers.get("idempotent-replayed") === "true",
    };
  };

  /** @throws {TargetError} where no service answers */
  async check(): Promise<void> {
    const status = await this.#ask("/livez", {});
    if (status !== 200) {
      throw new TargetError(
        `${this.#url}/livez answers ${status}; --url takes the address of a Sluice service.`,
      );
    }
  }

  /** Whether the service knows callers by this token; tracking itself would never say. */
  async accepts(token: string): Promise<boolean> {
    const headers = { authorization: `Bearer ${token}` };
    return await this.#ask("/api/trpc/eventIngestion.getStats", headers) !== 401;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #ask(path: string, headers: Record<string, string>): Promise<number> {
    try {
      const response = await this.#fetch(this.#url + path, { headers });
      await response.body?.cancel();
      return response.status;
    } catch {
      throw new TargetError(
        `Nothing answers at ${this.#url}; start the service there, or name another with --url.`,
      );
    }
  }

  #fetch(url: string, init: RequestInit): Promise<Response> {
    const all: RequestInit & { client: Deno.HttpClient } = {
      ...init,
      redirect: "manual",
      client: this.#client,
    };
    return fetch(url, all);
  }
}
