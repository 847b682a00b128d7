/** A TCP proxy on loopback that can be cut, like a server that goes away and comes back. */

/** What becomes of some bytes on their way: what is sent on, and whether the connection is cut then. */
export interface Passage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly cut?: boolean;
}

/** Judges the bytes of one direction as they come. */
export type Relay = (bytes: Uint8Array<ArrayBuffer>) => Passage | Promise<Passage>;

/** A proxy to a port. */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;
  /** Where connections go; `null`: nowhere, they are closed at once. */
  target: number | null;
  /** What becomes of what clients send. */
  toServer: Relay = (bytes) => ({ bytes });
  /** What becomes of what the server answers. */
  toClient: Relay = (bytes) => ({ bytes });

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

  /** A URL that leads through this proxy to where the given one leads. */
  through(url: string): string {
    const { href } = Object.assign(new URL(url), { host: `127.0.0.1:${this.port}` });
    return href;
  }

  /** Closes all connections in the middle of whatever they carry; new ones go nowhere. */
  cut(): void {
    this.target = null;
    this.disconnect();
  }

  /** Closes all connections in the middle of whatever they carry; new ones are welcome. */
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

/** Carries bytes until either side is closed or the relay cuts; never throws. */
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
    // Closed in the middle of a read or a write.
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already, by the other side.
  }
}
