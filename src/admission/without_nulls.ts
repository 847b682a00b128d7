/** `null` for an optional field is how many languages write a field that is absent (contract 4.9). */

const OPTIONAL = [
  "source",
  "entityId",
  "entityType",
  "sessionId",
  "props",
  "attribution",
  "idempotencyKey",
] as const;

/** Copies an event without its optional fields that are `null`; returns one without such unchanged. */
export function withoutNulls(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const event = raw as Readonly<Record<string, unknown>>;
  const attribution = dropNulls(event["attribution"]);
  const hasNull = OPTIONAL.some((name) => event[name] === null);
  if (!hasNull && attribution === event["attribution"]) return raw;
  const copy: Record<string, unknown> = { ...event, attribution };
  for (const name of OPTIONAL) if (copy[name] === null) delete copy[name];
  return copy;
}

function dropNulls(fields: unknown): unknown {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return fields;
  const entries = Object.entries(fields);
  const given = entries.filter(([, value]) => value !== null);
  return given.length === entries.length ? fields : Object.fromEntries(given);
}
