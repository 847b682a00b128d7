/** The message for a `PORT` that is taken, and the check. */

/** The error message for a port on which another process listens. */
export function portTaken(port: number): string {
  return `PORT ${port} is already in use; set PORT to a free one.`;
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
