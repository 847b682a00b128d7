/** Says what is wrong with a text that is not JSON, and where, without repeating values of it. */

/** JSON that is nested deeper is not located: no event may be. */
const MAX_DEPTH = 100;

/** What other languages print for a value. Nothing else of the text is shown: it may be a secret. */
const WORDS: Readonly<Record<string, string>> = {
  NaN: "send null or leave the field out",
  Infinity: "send null or leave the field out",
  undefined: "send null or leave the field out",
  None: "send null",
  nil: "send null",
  NULL: "send null",
  Null: "send null",
  True: "send true",
  TRUE: "send true",
  False: "send false",
  FALSE: "send false",
};

const LITERALS = new Set(["true", "false", "null"]);
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y;
const WORD = /[+-]?([A-Za-z_$][\w$]*)/y;
const PLAIN_KEY = /^[\w$-]{1,40}$/;
const SINGLE_QUOTES = "single quotes; JSON has only double quotes";
const ENDS = "the end; the text is not complete";

/** Describes the first problem of a text that `JSON.parse` rejects. */
export function describeJsonProblem(text: string): string {
  if (text.trim() === "") return "it is empty";
  if (text.includes("\0")) return "it seems to be UTF-16 or UTF-32, without a charset; send UTF-8";
  if (/^\s*[\w%.-]+=/.test(text)) return "it looks like a form";
  const scanner = new Scanner(text);
  const problem = scanner.scan();
  return problem === null ? "it cannot be parsed" : `${scanner.place}: ${problem}`;
}

/** Reads JSON up to the first problem. Its methods return the problem, `null` without one. */
class Scanner {
  readonly #text: string;
  #at = 0;
  readonly #path: (string | number)[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** Where reading stopped: line, column and the path of the value. */
  get place(): string {
    const before = this.#text.slice(0, this.#at).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    const path = this.#path.map((part) =>
      typeof part === "number" ? `[${part}]` : PLAIN_KEY.test(part) ? `.${part}` : ".…"
    ).join("").replace(/^\./, "");
    return `line ${before.length}, column ${column}${path === "" ? "" : `, in ${path.slice(-80)}`}`;
  }

  scan(): string | null {
    const problem = this.#value(0);
    if (problem !== null) return problem;
    if (this.#next() === undefined) return null;
    return 'text after the end of the JSON; several events are {"events": […]}';
  }

  /** The next character that is not white space. */
  #next(): string | undefined {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at += 1;
    return this.#text[this.#at];
  }

  #value(depth: number): string | null {
    if (depth > MAX_DEPTH) return "nesting too deep";
    const first = this.#next();
    switch (first) {
      case undefined:
        return ENDS;
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "'":
        return SINGLE_QUOTES;
      case "/":
      case "#":
        return "a comment, which JSON does not have";
    }
    return /[,:\]}]/.test(first) ? `a value is missing before ${first}` : this.#word();
  }

  #word(): string | null {
    NUMBER.lastIndex = WORD.lastIndex = this.#at;
    if (NUMBER.test(this.#text)) {
      this.#at = NUMBER.lastIndex;
      return null;
    }
    const [sign = "", word = ""] = WORD.exec(this.#text) ?? [];
    if (LITERALS.has(sign)) {
      this.#at = WORD.lastIndex;
      return null;
    }
    const advice = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (advice !== undefined) return `${sign}, which JSON does not have; ${advice}`;
    return /[-+.\d]/.test(this.#text[this.#at] ?? "")
      ? "a number that JSON does not have, such as +1, 01, .5 or 0xff"
      : "a value without quotes";
  }

  #object(depth: number): string | null {
    this.#at += 1;
    if (this.#next() === "}") return this.#end();
    while (true) {
      const key = this.#key();
      if (key !== null) return key;
      const problem = this.#value(depth + 1);
      if (problem !== null) return problem;
      this.#path.pop();
      const then = this.#separator("}");
      if (then !== ",") return then;
    }
  }

  #key(): string | null {
    const first = this.#next();
    if (first === undefined) return ENDS;
    if (first === "}") return "a comma before }, which JSON does not have";
    if (first === "'") return SINGLE_QUOTES;
    if (first !== '"') return "a key without double quotes";
    const from = this.#at;
    const problem = this.#string();
    if (problem !== null) return problem;
    this.#path.push(String(JSON.parse(this.#text.slice(from, this.#at))));
    if (this.#next() === undefined) return ENDS;
    if (this.#next() !== ":") return "a colon is missing after a key";
    this.#at += 1;
    return null;
  }

  #array(depth: number): string | null {
    this.#at += 1;
    if (this.#next() === "]") return this.#end();
    for (let index = 0; true; index++) {
      this.#path.push(index);
      if (index > 0 && this.#next() === "]") return "a comma before ], which JSON does not have";
      const problem = this.#value(depth + 1);
      if (problem !== null) return problem;
      this.#path.pop();
      const then = this.#separator("]");
      if (then !== ",") return then;
    }
  }

  /** A comma, or `null` at the end of the list, or the problem. */
  #separator(close: string): string | null {
    const next = this.#next();
    if (next === undefined) return ENDS;
    if (next !== "," && next !== close) return `a comma or ${close} is missing`;
    this.#at += 1;
    return next === "," ? "," : null;
  }

  #end(): null {
    this.#at += 1;
    return null;
  }

  #string(): string | null {
    for (this.#at += 1; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at] ?? "";
      if (character === '"') return this.#end();
      if (character === "\n" || character === "\r") return "a line break in a text; JSON has \\n";
      if (character < " ") return "a control character in a text; JSON has \\t and \\u0000";
      if (character !== "\\") continue;
      this.#at += 1;
      const escape = this.#text.slice(this.#at, this.#at + 5);
      if (escape === "") return ENDS;
      if (!/^(?:["\\/bfnrt]|u[\da-f]{4})/i.test(escape) || /^[BFNRTU]/.test(escape)) {
        return "an escape that JSON does not have; a backslash is \\\\";
      }
    }
    return ENDS;
  }
}
