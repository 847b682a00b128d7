/** All faults, and their table in `tests/crash/README.md`. */

import { type Fault, RESPONSE, STORED } from "./fault.ts";
import { IN_DENOKV } from "./in_denokv.ts";
import { IN_KV_POSTGRES } from "./in_kv_postgres.ts";
import { IN_KV } from "./in_kv.ts";
import { IN_POSTGRES } from "./in_postgres.ts";
import { IN_NETWORK } from "./in_network.ts";

/** All faults, in the order of the table. */
export const FAULTS: readonly Fault[] = [
  ...IN_KV,
  ...IN_DENOKV,
  ...IN_KV_POSTGRES,
  ...IN_NETWORK,
  ...IN_POSTGRES,
];

/** Renders the table as lines of Markdown, without padding. */
export function renderFaultTable(): string[] {
  return [
    ["Where", "What goes wrong", "How it is injected", "Response", "Stored"],
    ["-", "-", "-", "-", "-"],
    ...FAULTS.map(({ where, problem, injection, response, stored }) => [
      where,
      problem,
      injection,
      RESPONSE[response],
      STORED[stored],
    ]),
  ].map((cells) => `| ${cells.join(" | ")} |`);
}

if (import.meta.main) {
  Deno.stdout.writeSync(new TextEncoder().encode(`${renderFaultTable().join("\n")}\n`));
}
