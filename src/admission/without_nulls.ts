/** `null` for an optional field is how many languages write a field that is absent (contract 4.9). */

/** The fields of an event that may be absent: all but its type. */
export const OPTIONAL = [
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
  if (!isObject(raw)) return raw;
  const { attribution } = raw;
  const hasNullWithin = isObject(attribution) && hasNull(attribution);
  if (!hasNullWithin && !hasOptionalNull(raw)) return raw;
  const copy: Record<string, unknown> = { ...raw };
  if (hasNullWithin) copy["attribution"] = dropNulls(attribution);
  for (const name of OPTIONAL) if (copy[name] === null) delete copy[name];
  return copy;
}

/** Copies an event without the nulls in one of its fields, and without the field if it is one. */
export function withoutNullsIn(raw: unknown, name: string): unknown {
  if (!isObject(raw)) return raw;
  const { [name]: field, ...rest } = raw;
  if (field === null) return rest;
  return isObject(field) && hasNull(field) ? { ...rest, [name]: dropNulls(field) } : raw;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// Most events have no null: these two loops are all that they cost, and allocate nothing.
function hasNull(fields: Readonly<Record<string, unknown>>): boolean {
  for (const name in fields) if (fields[name] === null) return true;
  return false;
}

function hasOptionalNull(event: Readonly<Record<string, unknown>>): boolean {
  for (const name of OPTIONAL) if (event[name] === null) return true;
  return false;
}

function dropNulls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
