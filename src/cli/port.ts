/** Checks and finds ports to listen on. */

/** Returns the error message for a port on which another process listens. */
export function portTakenMessage(port: number): string {
  return `PORT ${port} is already in use; set PORT to a free one.`;
}

/** Finds a port of an address on which no process listens. */
export function findFreePort(hostname: string): number {
  const listener = Deno.listen({ hostname, port: 0 });
  listener.close();
  return listener.addr.port;
}

/** Whether another process listens on the port of an address. */
export function isPortTaken(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return true;
    throw error;
  }
}
