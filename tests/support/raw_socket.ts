/** Raw bytes on a socket, for what no HTTP client would send. */

import { until } from "./until.ts";

const encoder = new TextEncoder();

/** A TCP connection. */
export interface RawSocket extends Disposable {
  /** Sends bytes; `false` if the other side has closed the connection. */
  send(bytes: string | Uint8Array): Promise<boolean>;
  /** What was received so far, one character per byte. */
  readonly answer: string;
  /** Whether the other side has closed the connection. */
  readonly ended: boolean;
  /** Resolves with the status of the nth response, 0 if the connection ends first. */
  status(nth?: number): Promise<number>;
}

/** Connects to a port on this machine. */
export async function connectRaw(port: number): Promise<RawSocket> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const decoder = new TextDecoder("latin1");
  let answer = "";
  let ended = false;
  const reading = (async () => {
    try {
      for await (const chunk of connection.readable) answer += decoder.decode(chunk);
    } catch {
      // Connection reset.
    }
    ended = true;
  })();
  const socket: RawSocket = {
    async send(bytes) {
      let rest = typeof bytes === "string" ? encoder.encode(bytes) : bytes;
      try {
        while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
        return true;
      } catch {
        return false;
      }
    },
    get answer() {
      return answer;
    },
    get ended() {
      return ended;
    },
    async status(nth = 1) {
      const found = await until(
        () => statusesOf(answer)[nth - 1] ?? (ended ? 0 : null),
        "a response",
      );
      return found;
    },
    [Symbol.dispose]() {
      try {
        connection.close();
      } catch {
        // The other side has closed it already.
      }
      reading.catch(() => {});
    },
  };
  return socket;
}

/** The statuses of the responses in `answer`, without `100 Continue`. */
export function statusesOf(answer: string): number[] {
  return [...answer.matchAll(/HTTP\/1\.[01] (\d{3}) /g)]
    .map(([, status]) => Number(status))
    .filter((status) => status >= 200);
}

/** Formats a request. */
export function rawRequest(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = "",
): string {
  const lines = Object.entries({ host: "sluice.test", ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}
