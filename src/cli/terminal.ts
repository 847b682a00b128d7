/** Output for people: without colours and progress bars unless it is a terminal. */

const encoder = new TextEncoder();

/** Writes a line to standard output. */
export function printLine(line: string): void {
  Deno.stdout.writeSync(encoder.encode(`${line}\n`));
}

/** Writes a line to standard error. */
export function printError(line: string): void {
  Deno.stderr.writeSync(encoder.encode(`${line}\n`));
}

/** Bold in a terminal. */
export function bold(text: string): string {
  return styled(1, text);
}

/** Faint in a terminal. */
export function faint(text: string): string {
  return styled(2, text);
}

function styled(code: number, text: string): string {
  const plain = !Deno.stdout.isTerminal() || Deno.env.has("NO_COLOR");
  return plain ? text : `\x1b[${code}m${text}\x1b[22m`;
}

const BAR = 24;

/**
 * Draws a progress bar on standard error, in place; does nothing unless it is a terminal.
 *
 * @param text shown beside the bar; `null` clears the line
 * @param share how much of the bar is filled, 0 to 1
 */
export function printProgress(text: string | null, share = 0): void {
  if (!Deno.stderr.isTerminal()) return;
  const full = Math.round(Math.min(1, share) * BAR);
  const line = text === null ? "" : `${"█".repeat(full)}${"░".repeat(BAR - full)} ${text}`;
  Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${line}`));
}
