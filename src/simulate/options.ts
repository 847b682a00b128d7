/** The arguments of the command. */

/** What the command is told. */
export interface Options {
  /** Without a slash at the end. */
  readonly url: string;
  readonly eventsPerSecond: number;
  readonly seconds: number;
  readonly concurrency: number;
  readonly seed: number;
  readonly secret: string | null;
  readonly json: boolean;
  readonly help: boolean;
}

/** A wrong argument, with a sentence that names it, its value and what it takes. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";
}

/** What `--help` prints. */
export const USAGE =
  `Usage: deno task simulate [--url URL] [--rate N] [--seconds N] [--concurrency N] [--seed N]
                          [--secret SECRET] [--json]

Sends the traffic of a market place to a running service and compares its answers with what they
should be: visitors who look, search, license and read, apps that come back online, mail, payouts,
and among them about 3 % duplicates, 1 % idempotent replays and 2 % invalid events.

  --url URL         where the service is (http://localhost:3000)
  --rate N          events a second, 1 to 100000 (50)
  --seconds N       for how long, 0.1 to 86400 (30)
  --concurrency N   requests at once, 1 to 1024 (16)
  --seed N          0 to 4294967295; the same seed makes the same traffic (1)
  --secret SECRET   signs visitors in; else AUTH_JWT_SECRET, else the secret that "deno task dev" keeps,
                    else everybody is anonymous
  --json            the summary as JSON

Addresses are sent as X-Forwarded-For: the service looks at them with TRUST_PROXY=true only.
Ctrl-C ends the run early. Exits with 1 where answers are not as they should be.`;

const VALUES = ["url", "rate", "seconds", "concurrency", "seed", "secret"] as const;
const FLAGS = ["json", "help"] as const;
const MIN_SECRET_BYTES = 32;

/**
 * Reads the arguments.
 *
 * @throws {OptionsError} naming the first wrong one
 */
export function parseOptions(args: readonly string[]): Options {
  const given = new Map<string, string>();
  const flags = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] === "-h" ? "--help" : args[i] ?? "";
    const equals = arg.indexOf("=");
    const name = (equals < 0 ? arg : arg.slice(0, equals)).replace(/^--/, "");
    if (arg.startsWith("--") && isOneOf(FLAGS, name) && equals < 0) flags.add(name);
    else if (arg.startsWith("--") && isOneOf(VALUES, name)) {
      const value = equals < 0 ? args[++i] : arg.slice(equals + 1);
      if (value === undefined) throw new OptionsError(`--${name} has no value.`);
      given.set(name, value);
    } else {
      const known = [...VALUES, ...FLAGS].map((known) => `--${known}`).join(", ");
      throw new OptionsError(`${JSON.stringify(arg)} is no argument; simulate takes ${known}.`);
    }
  }
  const number = (name: string, otherwise: number, range: Range) =>
    numberOf(name, given.get(name), otherwise, range);
  return {
    url: urlOf(given.get("url") ?? "http://localhost:3000"),
    eventsPerSecond: number("rate", 50, { min: 1, max: 100_000, whole: false }),
    seconds: number("seconds", 30, { min: 0.1, max: 86_400, whole: false }),
    concurrency: number("concurrency", 16, { min: 1, max: 1024, whole: true }),
    seed: number("seed", 1, { min: 0, max: 0xffff_ffff, whole: true }),
    secret: secretOf(given.get("secret")),
    json: flags.has("json"),
    help: flags.has("help"),
  };
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

function numberOf(name: string, text: string | undefined, otherwise: number, range: Range): number {
  if (text === undefined) return otherwise;
  const { min, max, whole } = range;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? "a whole number" : "a number";
  throw new OptionsError(
    `--${name} is ${JSON.stringify(text)}; it takes ${kind} from ${min} to ${max}.`,
  );
}

function urlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search + url.hash !== "") {
    throw new OptionsError(
      `--url is ${JSON.stringify(text)}; it takes a URL that begins with http:// or https://.`,
    );
  }
  return url.href.replace(/\/+$/, "");
}

function secretOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (new TextEncoder().encode(text).length >= MIN_SECRET_BYTES) return text;
  throw new OptionsError(
    `--secret is a value not shown here; it takes a secret of at least ${MIN_SECRET_BYTES} bytes.`,
  );
}

function isOneOf(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
