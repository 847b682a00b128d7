/** The service, in a process whose umask lets everyone read and write what it creates. */

Deno.umask(0);
await import("../../main.ts");
