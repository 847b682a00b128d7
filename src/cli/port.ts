/** Checks and finds ports to listen on. */

/** Returns the error message for a port on which another process listens. */
export function portTakenMessage(port: number): string {
  return `PORT ${port} is already in use; set PORT to a free one.`;
}

/** Finds a port on which no process listens. */
export function findFreePort(): number {
  const listener = Deno.listen({ port: 0 });
  listener.close();
  return listener.addr.port;
}

/** Whether another process listens on the port. */
export function isPortTaken(port: number): boolean {
  try {
    Deno.listen({ port }).close();
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return true;
    throw error;
  }
}
