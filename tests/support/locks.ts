/**
 * The two lock files: `tests/deno.lock` has every package, `deno.lock` those that the service, `dev`
 * and the builds import, because `deno task` downloads all of a lock file before it runs anything.
 */

/** The part of a lock file that matters here. */
export interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
}

/**
 * Peers that nothing here runs. TypeScript (33 MB) is the compiler for which `@trpc/*` has types;
 * Deno has its own.
 */
const UNUSED_PEERS: readonly string[] = ["typescript"];

/** Where the files are. */
export const LOCKS = {
  all: new URL("../deno.lock", import.meta.url),
  service: new URL("../../deno.lock", import.meta.url),
} as const;

/** Reads a lock file. */
export async function readLock(file: URL): Promise<Lock> {
  return JSON.parse(await Deno.readTextFile(file));
}

/** The packages that the code outside of `tests` may import: those under `imports` in deno.json. */
export async function importedPackages(): Promise<string[]> {
  const config = await Deno.readTextFile(new URL("../../deno.json", import.meta.url));
  const { imports }: { readonly imports: Readonly<Record<string, string>> } = JSON.parse(config);
  return Object.values(imports).map(packageOf);
}

/** Returns a lock file without the peers that nothing runs, and what only they need. */
export function withoutUnusedPeers(lock: Lock): Lock {
  const cut = (id: string) =>
    UNUSED_PEERS.reduce((text, peer) => text.replaceAll(new RegExp(`_${peer}@[^_]+`, "g"), ""), id);
  const npm: Record<string, LockedPackage> = {};
  for (const [id, entry] of Object.entries(lock.npm)) {
    const { dependencies, ...others } = entry;
    const kept = dependencies?.filter((id) => !UNUSED_PEERS.includes(nameOf(id)));
    npm[cut(id)] = kept?.length ? { ...entry, dependencies: kept } : others;
  }
  const specifiers = Object.entries(lock.specifiers).map(([key, id]) => [key, cut(id)]);
  const cleaned = { ...lock, specifiers: Object.fromEntries(specifiers), npm };
  return onlyFor(cleaned, Object.keys(cleaned.specifiers).map(packageOf));
}

/** Returns a lock file with these packages and those that they need. */
export function onlyFor(lock: Lock, packages: readonly string[]): Lock {
  const specifiers = pick(lock.specifiers, (key) => packages.includes(packageOf(key)));
  const open = Object.entries(specifiers).map(([key, version]) => `${packageOf(key)}@${version}`);
  const needed = new Set<string>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    const { dependencies = [], optionalDependencies = [] } = lock.npm[id] ?? {};
    open.push(...[...dependencies, ...optionalDependencies].flatMap((key) => idsOf(lock, key)));
  }
  return { ...lock, specifiers, npm: pick(lock.npm, (id) => needed.has(id)) };
}

/** Returns the ids of a dependency, which has no version if the lock file has one version of it. */
function idsOf(lock: Lock, dependency: string): string[] {
  return Object.keys(lock.npm).filter((id) => id === dependency || nameOf(id) === dependency);
}

/** The package of a specifier: `@trpc/client` of `npm:@trpc/client@^11/x` and `npm:/@trpc/client@11`. */
export function packageOf(specifier: string): string {
  return nameOf(specifier.replace(/^npm:\/?/, ""));
}

function nameOf(id: string): string {
  const end = id.indexOf("@", 1);
  return end === -1 ? id : id.slice(0, end);
}

function pick<T>(
  record: Readonly<Record<string, T>>,
  isKept: (key: string) => boolean,
): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => isKept(key)));
}
