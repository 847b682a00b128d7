/**
 * HTTP/1.1 by hand over one keep-alive connection, one request at a time: `fetch` would cost more than
 * what it measures.
 */

const decoder = new TextDecoder("latin1");
const HEAD_END = "\r\n\r\n";
const BUFFER_BYTES = 256 * 1024;

/** A response. */
export interface RawResponse {
  readonly status: number;
  readonly body: string;
}

/** A connection to a server on this machine. */
export class Connection implements Disposable {
  readonly #socket: Deno.TcpConn;
  readonly #buffer: Uint8Array = new Uint8Array(BUFFER_BYTES);

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  /** Connects to a port of this machine. */
  static async open(port: number): Promise<Connection> {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port });
    socket.setNoDelay(true);
    return new Connection(socket);
  }

  /**
   * Sends a request and waits for its response.
   *
   * @throws if the connection ends, or the response says nothing about its length
   */
  async request(request: Uint8Array): Promise<RawResponse> {
    for (let sent = 0; sent < request.length;) {
      sent += await this.#socket.write(sent === 0 ? request : request.subarray(sent));
    }
    let filled = 0;
    for (;;) {
      const read = await this.#socket.read(
        filled === 0 ? this.#buffer : this.#buffer.subarray(filled),
      );
      if (read === null) throw new Error("The connection was closed");
      filled += read;
      const text = decoder.decode(this.#buffer.subarray(0, filled));
      const end = text.indexOf(HEAD_END);
      if (end < 0) continue;
      const body = readBody(text, end);
      if (body !== null) return { status: Number(text.slice(9, 12)), body };
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

const LENGTH = "\r\ncontent-length: ";
const CHUNKED = /\r\ntransfer-encoding: chunked/i;
const LINE_END = "\r\n";

/** Reads the body after a head; `null`: it is not complete. */
function readBody(text: string, headEnd: number): string | null {
  const bodyAt = headEnd + HEAD_END.length;
  const at = text.indexOf(LENGTH);
  if (at >= 0 && at < headEnd) {
    const length = parseInt(text.slice(at + LENGTH.length, at + LENGTH.length + 10));
    return text.length < bodyAt + length ? null : text.slice(bodyAt, bodyAt + length);
  }
  const head = text.slice(0, headEnd);
  if (CHUNKED.test(head)) return readChunks(text, bodyAt);
  throw new Error(`No length in ${head}`);
}

function readChunks(text: string, bodyAt: number): string | null {
  let body = "";
  for (let at = bodyAt;;) {
    const lineEnd = text.indexOf(LINE_END, at);
    if (lineEnd < 0) return null;
    const size = parseInt(text.slice(at, lineEnd), 16);
    const chunkAt = lineEnd + LINE_END.length;
    at = chunkAt + size + LINE_END.length;
    if (text.length < at) return null;
    if (size === 0) return body;
    body += text.slice(chunkAt, chunkAt + size);
  }
}
