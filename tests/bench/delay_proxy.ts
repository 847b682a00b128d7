/**
 * A TCP proxy on loopback that delays what clients send, as a network would: bytes keep their order and
 * distance, however many are under way.
 *
 * Acknowledgements are the kernel's own and are not delayed, so a client that waits for one before it sends
 * the rest of a request (Nagle's algorithm) waits for less than over a real network of the same delay.
 */

/** A proxy to a port of this machine. */
export class DelayProxy implements AsyncDisposable {
  readonly port: number;
  readonly #target: number;
  readonly #delayMs: number;
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;

  /** @param delayMs added to each round trip */
  constructor(target: number, delayMs: number) {
    this.#target = target;
    this.#delayMs = delayMs;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  async #accept(): Promise<void> {
    const joined: Promise<void>[] = [];
    for await (const client of this.#listener) joined.push(this.#join(client));
    await Promise.all(joined);
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
    const both = [client, server];
    for (const connection of both) {
      connection.setNoDelay(true);
      this.#open.add(connection);
    }
    await Promise.race([pump(client, server, this.#delayMs), pump(server, client, 0)]);
    for (const connection of both) {
      this.#open.delete(connection);
      close(connection);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) close(connection);
    await this.#accepting;
  }
}

/** Forwards bytes, each as much later as the delay says, until either side closes. Never throws. */
async function pump(from: Deno.TcpConn, to: Deno.TcpConn, delayMs: number): Promise<void> {
  let written = Promise.resolve();
  let isOpen = true;
  const fail = () => void (isOpen = false);
  while (isOpen) {
    const buffer = new Uint8Array(65_536);
    const length = await from.read(buffer).catch(() => null);
    if (length === null) break;
    const due = delayMs === 0 ? undefined : wait(delayMs);
    written = written.then(async () => {
      await due;
      await writeAll(to, buffer.subarray(0, length));
    }).catch(fail);
  }
  await written;
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed already.
  }
}
