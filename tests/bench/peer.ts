/** A script in a process of its own that is asked by lines of JSON and answers by lines of JSON. */

import { linesOf } from "./load/lines.ts";

const encoder = new TextEncoder();

/** The parent's side. */
export class Peer<Question, Answer> implements AsyncDisposable {
  readonly #script: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncGenerator<string>;

  /** @param script its path */
  constructor(script: string) {
    this.#script = script;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", script],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#answers = linesOf(this.#child.stdout);
  }

  /** Says something that has no answer. */
  async tell(question: Question): Promise<void> {
    await this.#input.write(encoder.encode(`${JSON.stringify(question)}\n`));
  }

  /**
   * Asks for an answer.
   *
   * @throws where the process ends instead
   */
  async ask(question: Question): Promise<Answer> {
    await this.tell(question);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`${this.#script} has ended`);
    return JSON.parse(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {}); // it may have ended by itself
    await this.#answers.return(undefined);
    await this.#child.status;
  }
}

/** The script's side: answers questions, several at once where they take time, until there are no more. */
export async function answerQuestions<Question, Answer>(
  answer: (question: Question) => Promise<Answer> | undefined,
): Promise<void> {
  for await (const line of linesOf(Deno.stdin.readable)) {
    answer(JSON.parse(line))?.then((answered) => {
      Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(answered)}\n`));
    });
  }
}
