/** A TCP proxy on loopback that can be cut, like a server that goes down and comes back. */

/** What to forward of some bytes, and whether to cut the connection then. */
export interface Passage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly cut?: boolean;
}

/** Decides about the bytes of one direction. */
export type Relay = (bytes: Uint8Array<ArrayBuffer>) => Passage | Promise<Passage>;

/** A proxy to a port of this machine. */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;
  /** The port that connections go to; `null`: they are closed at once. */
  target: number | null;
  /** Decides about what clients send. */
  toServer: Relay = (bytes) => ({ bytes });
  /** Decides about what the server sends. */
  toClient: Relay = (bytes) => ({ bytes });

  constructor(target: number) {
    this.target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  /** Number of open connections, counting both sides. */
  get open(): number {
    return this.#connections.size;
  }

  /** A copy of `url` that goes through this proxy, which has to read what passes: without TLS. */
  through(url: string): string {
    const through = Object.assign(new URL(url), { host: `127.0.0.1:${this.port}` });
    if (/^postgres/.test(through.protocol)) through.searchParams.set("sslmode", "disable");
    return through.href;
  }

  /** Closes all connections abruptly, and new ones at once. */
  cut(): void {
    this.target = null;
    this.disconnect();
  }

  /** Closes all connections abruptly; new ones are accepted. */
  disconnect(): void {
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
      const ways = [
        pump(client, server, (bytes) => this.toServer(bytes)),
        pump(server, client, (bytes) => this.toClient(bytes)),
      ];
      // Postgres and its clients never close one direction alone.
      await Promise.race(ways);
      close(client);
      close(server);
      await Promise.all(ways);
      this.#connections.delete(server);
    } catch {
      // The server is down; closing the connection tells the client.
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

/** Forwards bytes until either side closes or the relay cuts. Never throws. */
async function pump(from: Deno.TcpConn, to: Deno.TcpConn, relay: Relay): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    for (;;) {
      const read = await from.read(buffer);
      if (read === null) return;
      const { bytes, cut = false } = await relay(buffer.slice(0, read));
      for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
      if (cut) return;
    }
  } catch {
    // Closed during a read or a write.
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already, by the other side.
  }
}
