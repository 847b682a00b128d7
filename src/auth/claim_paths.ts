/** Where claims stand in a token, as settings write it: `app_metadata.role`, `["https://a.b/role"]`. */

/** Names of keys, and numbers of elements, from the outside in. */
export type ClaimPath = readonly (string | number)[];

/** A claim, and the places where it may be, in order. */
export interface Claim {
  /** As the setting writes it. */
  readonly text: string;
  readonly paths: readonly ClaimPath[];
}

/** A list of paths that was parsed, or why it cannot be. */
export type ParsedClaim =
  | { readonly ok: true; readonly claim: Claim }
  | { readonly ok: false; readonly message: string };

const EXPECTED = "one or several paths of claims, separated by commas, like role, " +
  'app_metadata.role, realm_access.roles or ["https://example.com/role"]';
const STEP = /\.?([\p{L}\p{N}_$@:-]+)|\.?\[(?:(\d{1,4})|"([^"]+)"|'([^']+)')\]/uy;
const SEPARATOR = /\s*,\s*/y;
/** What every user can write into their own account; SDKs also name it `unsafeMetadata`. */
const OF_USERS = new Set(["usermetadata", "unsafemetadata", "rawusermetadata"]);

/** Parses the paths of a setting. */
export function parseClaim(text: string): ParsedClaim {
  const paths: ClaimPath[] = [];
  let at = 0;
  while (true) {
    const read = readPath(text, at);
    if (read === null) return { ok: false, message: EXPECTED };
    const own = read.path.find(isOfUsers);
    if (own !== undefined) {
      return { ok: false, message: `a path outside of ${own}, which users can change themselves` };
    }
    paths.push(read.path);
    if (read.end === text.length) return { ok: true, claim: { text, paths } };
    SEPARATOR.lastIndex = read.end;
    if (!SEPARATOR.test(text)) return { ok: false, message: EXPECTED };
    at = SEPARATOR.lastIndex;
  }
}

function isOfUsers(step: string | number): boolean {
  return OF_USERS.has(String(step).replaceAll("_", "").toLowerCase());
}

function readPath(text: string, start: number): { path: ClaimPath; end: number } | null {
  const path: (string | number)[] = [];
  let end = start;
  while (true) {
    STEP.lastIndex = end;
    const step = STEP.exec(text);
    if (step === null) return path.length === 0 ? null : { path, end };
    const isDotted = step[0].startsWith(".");
    // Only the first step has no dot, and those in brackets need none.
    if (path.length === 0 ? isDotted : !isDotted && step[1] !== undefined) return null;
    const [, name, index, double, single] = step;
    path.push(index === undefined ? name ?? double ?? single ?? "" : Number(index));
    end = STEP.lastIndex;
  }
}

/** The values at the paths of a claim, in order; `null`, which says nothing, comes last. */
export function readClaim(payload: unknown, { paths }: Claim): unknown[] {
  const values = paths.map((path) => follow(payload, path)).filter((value) => value !== undefined);
  return [...values.filter((value) => value !== null), ...values.filter((value) => value === null)];
}

function follow(value: unknown, path: ClaimPath): unknown {
  let current = value;
  for (const step of path) {
    // `Object.hasOwn`, as `constructor` is no claim.
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) return;
    current = (current as Readonly<Record<string | number, unknown>>)[step];
  }
  return current;
}

/** Puts a value where `readClaim` finds it: at the first path. */
export function putClaim(payload: Record<string, unknown>, claim: Claim, value: string): void {
  const steps = [...claim.paths[0] ?? []];
  const last = steps.pop() ?? "";
  let current = payload;
  for (const [i, step] of steps.entries()) {
    const next = i + 1 === steps.length ? last : steps[i + 1];
    if (!Object.hasOwn(current, step)) define(current, step, typeof next === "number" ? [] : {});
    current = current[step] as Record<string, unknown>;
  }
  define(current, last, value);
}

/** Not an assignment, which for `__proto__` would change all objects. */
function define(object: Record<string, unknown>, name: string | number, value: unknown): void {
  Object.defineProperty(object, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
