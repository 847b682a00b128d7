/** What older versions of Deno cannot do. */

/** Whether Deno is older than 2.9, on which some tests cannot succeed; each of them says why. */
export const OLD_DENO: boolean = /^2\.[0-8]\./.test(Deno.version.deno);
