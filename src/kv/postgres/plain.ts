/** Which values JSON keeps as a structured clone does. */

/** Objects within objects; a value that contains itself has no end. */
const MAX_DEPTH = 8;

/** Whether JSON returns a value as it was: it has strings, finite numbers, lists and simple objects only. */
export function isPlain(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      if (value === null) return true;
      return depth < MAX_DEPTH &&
        (Array.isArray(value) ? isList(value, depth) : isRecord(value, depth));
    default:
      return false;
  }
}

/** Without holes, or fields that are no items. */
function isList(items: readonly unknown[], depth: number): boolean {
  return Object.keys(items).length === items.length &&
    items.every((item) => isPlain(item, depth + 1));
}

function isRecord(record: object, depth: number): boolean {
  return Object.getPrototypeOf(record) === Object.prototype &&
    Object.values(record).every((field) => isPlain(field, depth + 1));
}
