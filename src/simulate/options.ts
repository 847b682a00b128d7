/** Parses the arguments of `deno task simulate`. */

/** The parsed arguments. */
export interface Options {
  /** Without a trailing slash. */
  readonly url: string;
  readonly eventsPerSecond: number;
  readonly seconds: number;
  readonly concurrency: number;
  readonly seed: number;
  readonly secret: string | null;
  readonly json: boolean;
  readonly help: boolean;
}

/** An invalid argument; the message names it, its value and what it must be. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

/** The text that `--help` prints. */
export const USAGE =
  `Usage: deno task simulate [--url URL] [--rate N] [--seconds N] [--concurrency N] [--seed N]
                          [--secret SECRET] [--json]

Sends the traffic of a marketplace to a running service and checks its responses: visitors who
browse, search, license and read, apps that come back online, opened emails and payouts, with about
3 % duplicates, 1 % idempotent replays and 2 % invalid events.

  --url URL         URL of the service (default: the running "deno task dev", else
                    http://localhost:3000)
  --rate N          events per second, 1 to 100000 (default 50)
  --seconds N       duration, 0.1 to 86400 (default 30)
  --concurrency N   maximum requests in flight, 1 to 1024 (default 16)
  --seed N          0 to 4294967295; the same seed sends the same traffic (default 1)
  --secret SECRET   signs visitors in (default: AUTH_JWT_SECRET, else the secret of "deno task dev";
                    without any, all visitors are anonymous)
  --json            print the summary as JSON

Client addresses are sent as X-Forwarded-For, which the service reads only with TRUST_PROXY=true.
Ctrl-C ends the run early. Exits with 1 if any response is unexpected.`;

const VALUES = ["url", "rate", "seconds", "concurrency", "seed", "secret"] as const;
const FLAGS = ["json", "help"] as const;
const MIN_SECRET_BYTES = 32;

/**
 * Parses the arguments.
 *
 * @param defaultUrl the URL without `--url`
 * @throws {OptionsError} naming the first invalid one
 */
export function parseOptions(
  args: readonly string[],
  defaultUrl = "http://localhost:3000",
): Options {
  const given = new Map<string, string>();
  const flags = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] === "-h" ? "--help" : args[i] ?? "";
    const equals = arg.indexOf("=");
    const name = (equals < 0 ? arg : arg.slice(0, equals)).replace(/^--/, "");
    if (arg.startsWith("--") && isOneOf(FLAGS, name) && equals < 0) flags.add(name);
    else if (arg.startsWith("--") && isOneOf(VALUES, name)) {
      const value = equals < 0 ? args[++i] : arg.slice(equals + 1);
      if (value === undefined) throw new OptionsError(`--${name} needs a value.`);
      given.set(name, value);
    } else {
      const known = [...VALUES, ...FLAGS].map((known) => `--${known}`).join(", ");
      throw new OptionsError(
        `Unknown argument ${JSON.stringify(arg)}; the arguments are ${known}.`,
      );
    }
  }
  const number = (name: string, fallback: number, range: Range) =>
    parseNumber(name, given.get(name), fallback, range);
  return {
    url: parseUrl(given.get("url") ?? defaultUrl),
    eventsPerSecond: number("rate", 50, { min: 1, max: 100_000, whole: false }),
    seconds: number("seconds", 30, { min: 0.1, max: 86_400, whole: false }),
    concurrency: number("concurrency", 16, { min: 1, max: 1024, whole: true }),
    seed: number("seed", 1, { min: 0, max: 0xffff_ffff, whole: true }),
    secret: parseSecret(given.get("secret")),
    json: flags.has("json"),
    help: flags.has("help"),
  };
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

function parseNumber(
  name: string,
  text: string | undefined,
  fallback: number,
  range: Range,
): number {
  if (text === undefined) return fallback;
  const { min, max, whole } = range;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? "a whole number" : "a number";
  throw new OptionsError(
    `--${name} must be ${kind} from ${min} to ${max}, got ${JSON.stringify(text)}.`,
  );
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search + url.hash !== "") {
    throw new OptionsError(
      `--url must be a URL that starts with http:// or https://, got ${JSON.stringify(text)}.`,
    );
  }
  return url.href.replace(/\/+$/, "");
}

function parseSecret(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (new TextEncoder().encode(text).length >= MIN_SECRET_BYTES) return text;
  throw new OptionsError(
    `--secret must be at least ${MIN_SECRET_BYTES} bytes long.`,
  );
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
