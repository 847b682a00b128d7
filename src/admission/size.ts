/** The size of a value as JSON, estimated without writing it. */

/**
 * Whether a value is certainly longer than `limit` characters as JSON. It stops at the limit, so that its
 * time is bounded whatever a client sends; strings count without their escapes.
 */
export function isLongerThan(root: unknown, limit: number): boolean {
  let length = 0;
  const rest: unknown[] = [root];
  while (rest.length > 0) {
    const value = rest.pop();
    if (typeof value === "string") length += value.length + 2;
    else if (typeof value !== "object" || value === null) length += 1;
    else if (Array.isArray(value)) {
      length += value.length;
      if (length > limit) return true;
      for (const item of value) rest.push(item);
    } else {
      for (const key in value) {
        length += key.length + 4; // quotes, colon, comma
        if (length > limit) return true;
        rest.push((value as Record<string, unknown>)[key]);
      }
    }
    if (length > limit) return true;
  }
  return false;
}

/**
 * Whether an event is certainly longer than `limit`: a cheap check before it is validated, copied and
 * hashed, each of which walks all of it. It reads only the fields without a limit of their own.
 */
export function isFarTooLarge(raw: unknown, limit: number): boolean {
  if (typeof raw !== "object" || raw === null) return false;
  const { props, attribution } = raw as { props?: unknown; attribution?: unknown };
  if (isLongerThan(props, limit)) return true;
  if (typeof attribution !== "object" || attribution === null) return false;
  const { referrer, landingPage } = attribution as { referrer?: unknown; landingPage?: unknown };
  return [referrer, landingPage].some((url) => typeof url === "string" && url.length > limit);
}
