/** The service under test. */

import type { Transport } from "./sender.ts";
import { toHttpRequest } from "./http_request.ts";

/** The URL has no usable service; the message says why. */
export class TargetError extends Error {
  override readonly name = "TargetError";
}

/** A client of the service; disposing closes its connections. */
export class Target implements Disposable {
  readonly #url: string;
  readonly #client: Deno.HttpClient;

  /** @param url without a trailing slash */
  constructor(url: string, connections: number) {
    this.#url = url;
    this.#client = Deno.createHttpClient({ poolMaxIdlePerHost: connections });
  }

  /** Sends a planned request. */
  readonly send: Transport = async (planned, signal) => {
    const { url, method, headers, body } = toHttpRequest(planned, this.#url);
    const response = await this.#fetch(url, { method, headers, body, signal });
    return {
      status: response.status,
      body: await response.text(),
      contentType: response.headers.get("content-type") ?? "",
      replayed: response.headers.get("idempotent-replayed") === "true",
    };
  };

  /** @throws {TargetError} unless a service responds at `/livez` */
  async checkLive(): Promise<void> {
    const status = await this.#getStatus("/livez", {});
    if (status !== 200) {
      throw new TargetError(
        `${this.#url}/livez responded ${status}; --url must be the URL of a Sluice service.`,
      );
    }
  }

  /** Whether the service accepts the token. (Tracking accepts any, as anonymous.) */
  async acceptsToken(token: string): Promise<boolean> {
    const headers = { authorization: `Bearer ${token}` };
    return await this.#getStatus("/api/trpc/eventIngestion.getStats", headers) !== 401;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #getStatus(path: string, headers: Record<string, string>): Promise<number> {
    try {
      const response = await this.#fetch(this.#url + path, { headers });
      await response.body?.cancel();
      return response.status;
    } catch {
      throw new TargetError(
        `No response from ${this.#url}; start the service, or pass another URL with --url.`,
      );
    }
  }

  #fetch(url: string, init: RequestInit): Promise<Response> {
    const options: RequestInit & { client: Deno.HttpClient } = {
      ...init,
      redirect: "manual",
      client: this.#client,
    };
    return fetch(url, options);
  }
}
