/** Decodes compressed bodies, each up to a length in bytes: bombs are not inflated past it (contract 1.16). */

import { promisify } from "node:util";
import zlib from "node:zlib";

/** Decompresses bytes. @throws {RangeError} beyond the limit */
type Decompress = (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number },
) => Promise<Uint8Array>;

// Not DecompressionStream: that inflates a whole chunk, a thousandfold at worst, before it can be counted.
const gunzip = promisify(zlib.gunzip) as Decompress;
const inflate = promisify(zlib.inflate) as Decompress;
const inflateRaw = promisify(zlib.inflateRaw) as Decompress;
const brotliDecompress = promisify(zlib.brotliDecompress) as Decompress;

/** A Zstandard frame with the text `{}`. */
const ZSTD_FRAME = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x02, 0x11, 0x00, 0x00, 0x7b, 0x7d);
/** Frames need 8 MiB at most, as RFC 8878 recommends, whatever they declare. */
const ZSTD_WINDOW_LOG_MAX = 23;
/** Applied one after the other; no client needs more. */
const MAX_CODINGS = 3;

const CODINGS: ReadonlyMap<string, Decompress> = new Map([
  ["gzip", gunzip],
  ["deflate", inflateEither],
  ["br", brotliDecompress],
  ...findZstd(),
]);

/** The codings that bodies may have, as the header `Accept-Encoding` of a response has them. */
export const ACCEPTED_CODINGS: string = [...CODINGS.keys()].join(", ");

/** The codings of a body in the order in which they were applied; `null` if one of them is unknown. */
export function readCodings(header: string | null): readonly string[] | null {
  if (header === null) return [];
  const codings = header.split(",")
    .map((name) => name.trim().toLowerCase().replace(/^x-gzip$/, "gzip"))
    .filter((name) => name !== "" && name !== "identity");
  return codings.length <= MAX_CODINGS && codings.every((name) => CODINGS.has(name))
    ? codings
    : null;
}

/**
 * Undoes codings that `readCodings` returned.
 *
 * @throws {RangeError} beyond `maxBytes`, in each step
 */
export async function decodeContent(
  bytes: Uint8Array,
  codings: readonly string[],
  maxBytes: number,
): Promise<Uint8Array> {
  let plain = bytes;
  for (const coding of codings.toReversed()) {
    const decompress = CODINGS.get(coding);
    if (decompress === undefined) throw new Error(`Unknown coding ${coding}`);
    plain = await decompress(plain, { maxOutputLength: maxBytes });
    // For br and zstd a truncated body is not an error but empty.
    if (plain.length === 0) throw new Error("Nothing could be decoded");
  }
  return plain;
}

/** HTTP's deflate is that of zlib; some clients leave out zlib's header, whose 16 bits are a multiple of 31. */
function inflateEither(...args: Parameters<Decompress>): Promise<Uint8Array> {
  const [first = 0, second = 0] = args[0];
  const isZlib = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
  return isZlib ? inflate(...args) : inflateRaw(...args);
}

/** Zstandard, where the version of Deno has it: before 2.9, the functions are there but do not work. */
function findZstd(): readonly (readonly [string, Decompress])[] {
  if (typeof zlib.zstdDecompress !== "function") return [];
  try {
    zlib.zstdDecompressSync(ZSTD_FRAME);
  } catch {
    return [];
  }
  const zstdDecompress = promisify(zlib.zstdDecompress);
  const params = { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };
  return [["zstd", (bytes, options) => zstdDecompress(bytes, { ...options, params })]];
}
