import { assertEquals } from "../support/assert.ts";
import { decodeText, readCharset } from "../../src/http/charset.ts";

const encoder = new TextEncoder();

Deno.test("1.17 the charset of a content type", () => {
  const types: readonly (readonly [type: string | null, charset: string | null])[] = [
    [null, null],
    ["application/json", null],
    ["application/json; charset=utf-8", null],
    ['application/json;charset="UTF-8"', null],
    ["application/json; charset=utf8", null],
    ["application/json; charset=", null],
    ["application/json; charset=ISO-8859-1", "iso-8859-1"],
    ['text/plain; format=flowed; Charset = "Shift_JIS"; x=y', "shift_jis"],
    ["multipart/form-data; boundary=charset", null],
  ];
  for (const [type, charset] of types) assertEquals(readCharset(type), charset, String(type));
});

const decoded: readonly (readonly [string, number[], string | null, string])[] = [
  ["UTF-8", [...encoder.encode('"é€😀"')], null, '"é€😀"'],
  ["UTF-8 with a mark", [0xef, 0xbb, 0xbf, ...encoder.encode("{}")], null, "{}"],
  ["U+FFFD as UTF-8", [...encoder.encode('"\ufffd"')], null, '"\ufffd"'],
  ["ISO 8859-1", [0x22, 0xe9, 0x22], "iso-8859-1", '"é"'],
  ["Windows-1252", [0x22, 0x80, 0x22], "windows-1252", '"€"'],
  ["Shift JIS", [0x22, 0x93, 0xfa, 0x96, 0x7b, 0x22], "shift_jis", '"日本"'],
  ["UTF-16", [0x22, 0, 0xe9, 0, 0x22, 0], "utf-16le", '"é"'],
  ["UTF-16, big end first", [0, 0x22, 0, 0xe9, 0, 0x22], "utf-16be", '"é"'],
  ["UTF-16 by its mark", [0xff, 0xfe, 0x22, 0, 0x22, 0], null, '""'],
  ["UTF-16 by its other mark", [0xfe, 0xff, 0, 0x22, 0, 0x22], "utf-16", '""'],
  ["nothing", [], "utf-16le", ""],
];

for (const [name, bytes, charset, text] of decoded) {
  Deno.test(`1.17 ${name} is decoded`, () => {
    assertEquals(decodeText(Uint8Array.from(bytes), charset), { ok: true, text });
  });
}

const HINT = "; send UTF-8, or name the charset, as in content-type: " +
  'application/json; charset="windows-1252"';

const refused: readonly (readonly [string, number[], string | null, string])[] = [
  [
    "a byte of Latin 1",
    [...encoder.encode('{"é":"'), 0xe9, 0x22, 0x7d],
    null,
    "UTF-8 at byte 8 (0xE9)",
  ],
  ["a character that is cut", [0x22, 0xf0, 0x9f, 0x98, 0x22], null, "UTF-8 at byte 2 (0xF0)"],
  ["a character that is cut at the end", [0x22, 0xf0, 0x9f, 0x98], null, "UTF-8 at byte 2 (0xF0)"],
  ["an overlong character", [0x22, 0xc0, 0x80, 0x22], null, "UTF-8 at byte 2 (0xC0)"],
  ["a surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22], null, "UTF-8 at byte 2 (0xED)"],
  ["half a unit of UTF-16", [0x22, 0, 0x22], "utf-16le", "UTF-16LE at byte 3 (0x22)"],
];

for (const [name, bytes, charset, place] of refused) {
  Deno.test(`1.17 ${name} is a bad request that says where`, () => {
    assertEquals(decodeText(Uint8Array.from(bytes), charset), {
      ok: false,
      code: "BAD_REQUEST",
      message: `The body is not valid ${place}${HINT}`,
    });
  });
}

Deno.test("1.17 an unknown charset is 415, and compressed bytes are named", () => {
  for (const charset of ["utf-7", "utf-32", "ebcdic", "x".repeat(500)]) {
    const result = decodeText(encoder.encode("{}"), charset);
    assertEquals(result, {
      ok: false,
      code: "UNSUPPORTED_MEDIA_TYPE",
      message: `charset must be utf-8, or another that browsers know, got "${
        charset.slice(0, 40)
      }"`,
    });
  }
  const message = "The body is not text but seems to be gzip; send it with content-encoding: gzip";
  const gzip = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0);
  assertEquals(decodeText(gzip, null), { ok: false, code: "BAD_REQUEST", message });
});
