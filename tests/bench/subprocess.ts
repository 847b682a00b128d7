/** A script in its own process that reads requests and writes responses, one line of JSON each. */

import { readLines } from "./load/lines.ts";

const encoder = new TextEncoder();

/** The parent's side of the process. */
export class Subprocess<Message, Reply> implements AsyncDisposable {
  readonly #script: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #responses: AsyncGenerator<string>;

  /** @param script path of the script, which calls `serveRequests` */
  constructor(script: string) {
    this.#script = script;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", script],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#responses = readLines(this.#child.stdout);
  }

  /** The id of the process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a message that has no response. */
  async send(message: Message): Promise<void> {
    await this.#input.write(encoder.encode(`${JSON.stringify(message)}\n`));
  }

  /**
   * Sends a request and waits for its response.
   *
   * @throws if the process ends first
   */
  async request(message: Message): Promise<Reply> {
    await this.send(message);
    const { value, done } = await this.#responses.next();
    if (done) throw new Error(`${this.#script} ended without a response`);
    return JSON.parse(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {}); // the process may have ended already
    await this.#responses.return(undefined);
    await this.#child.status;
  }
}

/** The script's side: handles requests concurrently until the input ends. */
export async function serveRequests<Message, Reply>(
  handle: (message: Message) => Promise<Reply> | undefined,
): Promise<void> {
  for await (const line of readLines(Deno.stdin.readable)) {
    handle(JSON.parse(line))?.then((reply) => {
      Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(reply)}\n`));
    });
  }
}
