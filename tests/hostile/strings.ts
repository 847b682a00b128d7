/** Texts that have broken software before. */

import list from "./fixtures/naughty_strings.json" with { type: "json" };

const NUL = String.fromCharCode(0);

/** SQL injections. */
export const SQL_INJECTIONS: readonly string[] = [
  "'; drop table events; --",
  "' or '1'='1",
  "'); delete from events; --",
  "\\'; drop table events; --",
  "$1); drop table events; --",
  "$$; drop table events; $$",
  '"; drop table events; --',
  "x' union select null, version() --",
  "1; select pg_sleep(600)",
  "'||(select current_user)||'",
  "\u02bc; drop table events; --",
  "%' escape '!",
  "/*",
  "*/ drop table events /*",
];

/** Names with a meaning in JavaScript. */
export const PROTOTYPE_NAMES: readonly string[] = [
  "__proto__",
  "constructor",
  "prototype",
  "constructor.prototype",
  "toString",
  "valueOf",
  "toJSON",
  "hasOwnProperty",
  "__defineGetter__",
  "__lookupSetter__",
  "then",
];

/** Texts that forge a log line or move a terminal's cursor. */
export const LOG_INJECTIONS: readonly string[] = [
  "a\n12:00:00.000 ERR sluice: forged",
  'a\r\n{"level":"ERROR","message":"forged"}',
  "a\u001b[2J\u001b[1;1Hforged",
  "a\u001b]0;forged\u0007",
  "a\u009b31mforged",
  "a\u2028forged\u2029forged",
  "a\u202eforged",
  "a\u0008\u0008\u007fforged",
];

/** Unicode that breaks naive string handling. */
const UNICODE: readonly string[] = [
  NUL,
  `a${NUL}b`,
  "\ud800",
  "\udc00\ud800",
  "a\ud83d",
  "\ude00b",
  "\ufeff",
  "\uffff",
  "\\u0000",
  "\\",
  '"',
  "e\u0301".repeat(50),
  "\u{1f469}\u200d\u{1f469}\u200d\u{1f467}",
  "\u{10ffff}",
];

/** All of the above and the Big List of Naughty Strings. */
export const HOSTILE_STRINGS: readonly string[] = [
  ...new Set([
    ...list.strings,
    ...SQL_INJECTIONS,
    ...PROTOTYPE_NAMES,
    ...LOG_INJECTIONS,
    ...UNICODE,
  ]),
];

/** A text as Postgres keeps it (contract 4.6). */
export function storedText(text: string): string {
  return text.replaceAll(NUL, "\ufffd").toWellFormed();
}
