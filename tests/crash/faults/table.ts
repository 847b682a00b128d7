/** All faults, and the table of them that the README shows. */

import { CLIENT, type Fault, STORED } from "./fault.ts";
import { IN_KV } from "./in_kv.ts";
import { IN_POSTGRES } from "./in_postgres.ts";
import { IN_NETWORK } from "./in_network.ts";

/** Every fault, in the order of the table. */
export const FAULTS: readonly Fault[] = [...IN_KV, ...IN_NETWORK, ...IN_POSTGRES];

/** The table's lines in Markdown, unpadded. */
export function renderTable(): string[] {
  return [
    ["Where", "What goes wrong", "Injected how", "The client sees", "Stored"],
    ["-", "-", "-", "-", "-"],
    ...FAULTS.map(({ of, what, by, client, stored }) => [
      of,
      what,
      by,
      CLIENT[client],
      STORED[stored],
    ]),
  ].map((cells) => `| ${cells.join(" | ")} |`);
}

if (import.meta.main) {
  Deno.stdout.writeSync(new TextEncoder().encode(`${renderTable().join("\n")}\n`));
}
