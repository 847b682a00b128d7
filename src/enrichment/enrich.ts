/** From a stored event and the context of its request to its enrichment. */

import { parseLine } from "../events/line.ts";
import type { Enrichment, UserAgentFacts } from "../events/enrichment.ts";
import { parseUserAgent } from "./user_agent.ts";

/** Enriches events given as lines (see `events/line.ts`). */
export function enrich(lines: readonly string[]): Enrichment[] {
  // Events of one visitor come together, and parsing a user agent is the dear part.
  const seen = new Map<string | null, UserAgentFacts>();
  return lines.map((line) => {
    const { row, context } = parseLine(line);
    const facts = seen.get(context.userAgent) ?? parseUserAgent(context.userAgent);
    seen.set(context.userAgent, facts);
    return {
      event_id: row.id,
      occurred_at: row.occurred_at,
      ...facts,
      entity_status: row.entity_id === null ? "none" : "unchecked",
    };
  });
}
