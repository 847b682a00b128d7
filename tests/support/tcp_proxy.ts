/** A TCP proxy on loopback that can be cut, like a server that goes away and comes back. */

/** A proxy to a port. */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;
  /** Where connections go; `null`: nowhere, they are closed at once. */
  target: number | null;

  constructor(target: number) {
    this.target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  /** Connections that are open, both sides counted. */
  get open(): number {
    return this.#connections.size;
  }

  /** Closes all connections in the middle of whatever they carry; new ones go nowhere. */
  cut(): void {
    this.target = null;
    for (const connection of this.#connections) close(connection);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      if (this.target === null) close(client);
      else this.#join(client, this.target);
    }
  }

  async #join(client: Deno.TcpConn, port: number): Promise<void> {
    this.#connections.add(client);
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port });
      this.#connections.add(server);
      await Promise.allSettled([
        client.readable.pipeTo(server.writable),
        server.readable.pipeTo(client.writable),
      ]);
      close(server);
      this.#connections.delete(server);
    } catch {
      // The server is away; the client learns it by the closed connection.
    }
    close(client);
    this.#connections.delete(client);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#accepting.catch(() => {});
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already, by the other side of the pipe.
  }
}
