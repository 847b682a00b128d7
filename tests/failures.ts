/**
 * Prints what failed in the logs of `deno test` that are given as files: every test with the first lines
 * of its error. `.ci/run` does so at its end, because of a long log often only the end is kept.
 */

const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/** How much is printed at most, in characters. */
const MAX_CHARACTERS = 8_000;
/** The least of an error that is worth its lines. */
const MIN_ERROR = 120;
/** What is printed of a log without a list of errors, such as that of a Deno that crashed. */
const LAST_LINES = 15;

const NAME = /^(?:.+ => \.\/\S+:\d+:\d+|\.\/\S+ \(uncaught error\))$/;
const FAILED = /^(\.\/\S+ => .+) \.\.\. FAILED\b|^Uncaught error from (\.\/\S+) FAILED/;
const PENDING = /^SIGINT The following tests were pending:$/;
/** Frames of Deno and of packages, which say little. */
const FOREIGN_FRAME = /^\s+at .*(?:ext:|node:|\/npm\/|\/node_modules\/)/;

interface Failure {
  readonly name: string;
  readonly lines: string[];
}

/** What a log of `deno test` says about failures; an empty text if there are none. */
export function describeFailures(log: string, maxCharacters: number = MAX_CHARACTERS): string {
  const lines = log.replaceAll(COLOURS, "").split(/\r?\n/);
  const pending = pendingIn(lines);
  const found = pending.length > 0 ? [...unexplainedIn(lines), ...pending] : explainedIn(lines);
  if (found.length > 0) return fit(found, maxCharacters);
  const succeeded = lines.some((line) => /^ok \| \d+ passed/.test(line));
  return succeeded ? "" : cut(lines.filter(Boolean).slice(-LAST_LINES), maxCharacters);
}

/** The section ERRORS, of which FAILURES repeats the names. */
function explainedIn(lines: readonly string[]): Failure[] {
  const end = lines.findLastIndex((line) => line.trim() === "FAILURES");
  const begin = lines.slice(0, Math.max(end, 0)).findLastIndex((line) => line.trim() === "ERRORS");
  const failures: Failure[] = [];
  const section = begin === -1 ? [] : lines.slice(begin + 1, end);
  for (const [i, line] of section.entries()) {
    if (NAME.test(line) && section[i + 1]?.startsWith("error:")) {
      failures.push({ name: line, lines: [] });
    } else if (line.trim() !== "" && !FOREIGN_FRAME.test(line)) failures.at(-1)?.lines.push(line);
  }
  return failures;
}

/** The tests that had failed when the time was over: then Deno does not say why. */
function unexplainedIn(lines: readonly string[]): Failure[] {
  return lines.flatMap((line) => {
    const [, test, file] = FAILED.exec(line) ?? [];
    const name = test ?? file;
    return name === undefined ? [] : [{ name, lines: ["had failed when the time was over"] }];
  });
}

/** The tests that ran when the time was over. */
function pendingIn(lines: readonly string[]): Failure[] {
  const names = lines.slice(lines.findLastIndex((line) => PENDING.test(line)) + 1);
  if (names.length === lines.length) return [];
  return names.filter((line) => NAME.test(line))
    .map((name) => ({ name, lines: ["had not ended when the time was over"] }));
}

/** Shares the room among the errors; of too many, the last are only counted. */
function fit(failures: readonly Failure[], maxCharacters: number): string {
  let text = "";
  for (const [i, { name, lines }] of failures.entries()) {
    const room = maxCharacters - text.length;
    const share = Math.floor(room / (failures.length - i)) - name.length - 3;
    if (name.length + 100 > room) return `${text}… and ${failures.length - i} more`;
    text += share < MIN_ERROR ? `${name}\n` : `${name}\n${cut(lines, share)}\n\n`;
  }
  return text.trimEnd();
}

/** The lines, or as many of the first ones as fit. */
function cut(lines: readonly string[], maxCharacters: number): string {
  const text = lines.join("\n");
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 2)} …`;
}

if (import.meta.main) {
  const room = Math.floor(MAX_CHARACTERS / Deno.args.length);
  for (const path of Deno.args) {
    const text = describeFailures(await Deno.readTextFile(path), room);
    if (text !== "") Deno.stdout.writeSync(new TextEncoder().encode(`\n${text}\n`));
  }
}
