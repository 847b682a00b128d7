/** Decodes bodies to text by their charset; never with U+FFFD for bytes that do not fit (contract 1.17). */

/** A text, or why bytes are none. */
export type Decoded =
  | { readonly ok: true; readonly text: string }
  | {
    readonly ok: false;
    readonly code: "BAD_REQUEST" | "UNSUPPORTED_MEDIA_TYPE";
    readonly message: string;
  };

const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s]*))/i;
const MAX_SHOWN = 40;

const utf8 = new TextDecoder();

/** The byte order marks, which tell the charset whatever the header says. */
const MARKS: readonly (readonly [bytes: readonly number[], charset: string])[] = [
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
];

/** How compressed bytes begin, by content coding. */
const MAGIC: readonly (readonly [bytes: readonly number[], coding: string])[] = [
  [[0x1f, 0x8b], "gzip"],
  [[0x28, 0xb5, 0x2f, 0xfd], "zstd"],
];

/** The charset that a content type names, unless it is UTF-8; `null` without one. */
export function readCharset(contentType: string | null): string | null {
  if (contentType === null || !contentType.includes(";")) return null;
  const [, quoted, bare] = CHARSET.exec(contentType) ?? [];
  const charset = (quoted ?? bare ?? "").trim().toLowerCase();
  return charset === "" || charset === "utf-8" || charset === "utf8" ? null : charset;
}

/** Decodes bytes; `charset` is `null` for UTF-8. A byte order mark is left out. */
export function decodeText(bytes: Uint8Array, charset: string | null): Decoded {
  // Most bodies are UTF-8 that begins with a bracket, and this is all that they cost.
  const named = (bytes[0] ?? 0) >= 0xfe ? find(MARKS, bytes) ?? charset : charset;
  if (named !== null) return decodeStrictly(bytes, named);
  const text = utf8.decode(bytes);
  // Bytes that are not UTF-8 became this character, unless it was sent as such.
  return text.includes("\ufffd") ? decodeStrictly(bytes, "utf-8") : { ok: true, text };
}

function decodeStrictly(bytes: Uint8Array, charset: string): Decoded {
  const decoder = openDecoder(charset);
  if (decoder === null) {
    const message = `charset must be utf-8, or another that browsers know, got ${
      JSON.stringify(charset.slice(0, MAX_SHOWN))
    }`;
    return { ok: false, code: "UNSUPPORTED_MEDIA_TYPE", message };
  }
  try {
    return { ok: true, text: decoder.decode(bytes) };
  } catch {
    return { ok: false, code: "BAD_REQUEST", message: describeInvalid(bytes, decoder.encoding) };
  }
}

function openDecoder(charset: string): TextDecoder | null {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    return null;
  }
}

function describeInvalid(bytes: Uint8Array, charset: string): string {
  const coding = find(MAGIC, bytes);
  if (coding !== null) {
    return `The body is not text but seems to be ${coding}; send it with content-encoding: ${coding}`;
  }
  const at = findInvalid(bytes, charset);
  const byte = (bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, "0");
  return `The body is not valid ${charset.toUpperCase()} at byte ${
    at + 1
  } (0x${byte}); send UTF-8, or ` +
    'name the charset, as in content-type: application/json; charset="windows-1252"';
}

/** The index of the first character that does not fit. */
function findInvalid(bytes: Uint8Array, charset: string): number {
  let [fits, fails] = [0, bytes.length + 1];
  while (fails - fits > 1) {
    const middle = (fits + fails) >> 1;
    if (canDecode(bytes.subarray(0, middle), charset, true)) fits = middle;
    else fails = middle;
  }
  // The bytes before may be the beginning of a character that the next one does not continue.
  while (fits > 0 && !canDecode(bytes.subarray(0, fits), charset, false)) fits -= 1;
  return fits;
}

/** @param isCut whether more bytes may follow */
function canDecode(bytes: Uint8Array, charset: string, isCut: boolean): boolean {
  try {
    new TextDecoder(charset, { fatal: true }).decode(bytes, { stream: isCut });
    return true;
  } catch {
    return false;
  }
}

function find(
  beginnings: readonly (readonly [bytes: readonly number[], name: string])[],
  bytes: Uint8Array,
): string | null {
  return beginnings.find(([first]) => first.every((byte, i) => bytes[i] === byte))?.[1] ?? null;
}
