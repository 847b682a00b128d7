/**
 * Preloaded into a service: the managed KV of the platform, which has no path, by a KV Connect server at
 * `MANAGED_KV`. Queues do not exist there.
 */

const openKv = Deno.openKv;
const url = Deno.env.get("MANAGED_KV");
if (url === undefined) throw new Error("MANAGED_KV must be a KV Connect URL");

async function openManagedKv(path?: string): Promise<Deno.Kv> {
  if (path !== undefined) throw new TypeError(`The managed KV has no path, got ${path}`);
  const kv = await openKv(url);
  kv.enqueue = refuse;
  kv.listenQueue = refuse;
  return kv;
}

Object.defineProperty(Deno, "openKv", { value: openManagedKv });

function refuse(): Promise<never> {
  return Promise.reject(new TypeError("Queues are not supported"));
}
