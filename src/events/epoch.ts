/** Times since 1970 as numbers, in the unit that their size tells. */

/**
 * The units, each up to the year 5138: read in a smaller one, a time of this century would be in the
 * first weeks of 1970 or in its first decades; in a larger one, millennia ahead.
 */
const UNITS = [
  { name: "seconds", below: 1e11, digits: 0 },
  { name: "milliseconds", below: 1e14, digits: 3 },
  { name: "microseconds", below: 1e17, digits: 6 },
  { name: "nanoseconds", below: 1e20, digits: 9 },
] as const;

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?$/;
const SCIENTIFIC = /^[+-]?\d+(?:\.\d+)?e[+-]?\d+$/i;

/** Epoch milliseconds, and the unit that they were read in. */
export interface EpochTime {
  readonly ms: number;
  readonly unit: typeof UNITS[number]["name"];
}

/** Reads a number, or a text of digits; `null` if it is none or beyond all units. */
export function readEpoch(value: number | string): EpochTime | null {
  const text = toDecimal(value);
  const unit = UNITS.find(({ below }) => Math.abs(Number(text)) < below);
  const [, sign, whole, fraction = ""] = DECIMAL.exec(text) ?? [];
  if (unit === undefined || whole === undefined) return null;
  // By digits: 1764319651.123 seconds times 1000 is less than …123 milliseconds as a double.
  const shift = 3 - unit.digits;
  const all = `${whole}${fraction.padEnd(3, "0")}`;
  const ms = Number(all.slice(0, whole.length + shift) || "0");
  return { ms: sign === "-" ? -ms : ms, unit: unit.name };
}

/** Without an exponent. */
function toDecimal(value: number | string): string {
  const number = typeof value === "number" || SCIENTIFIC.test(value) ? Number(value) : null;
  if (number === null) return String(value);
  return Math.abs(number) < 1e-6 ? "0" : String(number);
}
