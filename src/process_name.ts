/** What a process is called on the list of processes. */

const HOST_NAME_FILE = "/etc/hostname";
const MAX_LENGTH = 100;
/** Also as part of a name, such as `ip-10-0-0-12`. */
const ADDRESS = /^[\d.]+$|:|(?<!\d)\d{1,3}(?:[.-]\d{1,3}){3}(?!\d)/;

/**
 * The name of a process: its deployment on Deno Deploy, else the name of its machine, or container, and its
 * process id. The name comes from a file, as `Deno.hostname()` takes a permission that the service lacks;
 * a name with an IP address is left out.
 */
export async function nameProcess(
  deployment: string,
  readText: (path: string) => Promise<string> = Deno.readTextFile,
): Promise<string> {
  if (deployment !== "") return deployment.slice(0, MAX_LENGTH);
  const found = (await readText(HOST_NAME_FILE).catch(() => "")).trim().slice(0, MAX_LENGTH);
  const host = ADDRESS.test(found) ? "" : found;
  return host === "" ? `process ${Deno.pid}` : `${host} (${Deno.pid})`;
}
