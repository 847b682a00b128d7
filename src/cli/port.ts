/** Checks and finds ports to listen on. */

/** Returns the error message for a port on which another process listens. */
export function portTakenMessage(port: number): string {
  return `PORT ${port} is already in use; set PORT to a free one.`;
}

/** Finds a port of an address on which no process listens. */
export function findFreePort(hostname: string): number {
  const [port = 0] = findFreePorts(hostname, 1);
  return port;
}

/** Finds several ports; all are held until the last one is found, or one might be found twice. */
export function findFreePorts(hostname: string, count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname, port: 0 }));
  for (const listener of listeners) listener.close();
  return listeners.map(({ addr }) => addr.port);
}

/** The addresses of `localhost`: a process that listens on one of them gets the requests that find it first. */
const LOOPBACKS = ["127.0.0.1", "::1"];
const LOCAL: readonly string[] = ["0.0.0.0", "::", "localhost"];

/**
 * Whether another process listens on the port of an address, or on that of `localhost` if the address
 * includes it.
 *
 * @throws {Deno.errors.AddrNotAvailable} if this machine does not have the address
 */
export function isPortTaken(hostname: string, port: number): boolean {
  return isAddressTaken(hostname, port) ||
    (LOCAL.includes(hostname) && LOOPBACKS.some((address) => isLoopbackTaken(address, port)));
}

function isAddressTaken(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return true;
    throw error;
  }
}

function isLoopbackTaken(address: string, port: number): boolean {
  try {
    return isAddressTaken(address, port);
  } catch {
    return false; // a machine without IPv6
  }
}
