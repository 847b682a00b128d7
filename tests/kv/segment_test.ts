import * as fc from "fast-check";
import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertThrows,
} from "../support/assert.ts";
import { anyText } from "../support/json.ts";
import { MAX_ATOMIC_BYTES, MAX_VALUE_BYTES } from "../../src/kv/limits.ts";
import {
  countLines,
  isReadable,
  merge,
  pack,
  type Segment,
  SEGMENT_FORMAT,
  SegmentFormatError,
  unpack,
} from "../../src/kv/segment.ts";

function unpackAll(segments: readonly Segment[]): string[] {
  return segments.flatMap(({ bytes }) => unpack(bytes));
}

function sizes(segments: readonly Segment[]): number[] {
  return segments.map(({ bytes }) => bytes.length);
}

Deno.test("lines come back in order, from one segment if they fit", () => {
  const lines = ['{"a":1}\t{}', '{"b":"ü😀"}\t{}', ""];
  const packed = pack(lines);
  assertEquals(packed.map((segment) => segment.lines), [3]);
  assertEquals(unpackAll(packed), lines);
});

Deno.test("no lines make no segment", () => {
  assertEquals(pack([]), []);
});

Deno.test("a byte order mark at the start of a line is kept", () => {
  assertEquals(unpackAll(pack(["\ufeffa", "\ufeffb"])), ["\ufeffa", "\ufeffb"]);
});

Deno.test("segments are as full as whole lines allow", () => {
  const line = "x".repeat(MAX_VALUE_BYTES / 2 - 2);
  const packed = pack([line, line, line]);
  assertEquals(sizes(packed), [MAX_VALUE_BYTES - 1, MAX_VALUE_BYTES / 2]);
  assertEquals(unpackAll(packed), [line, line, line]);
  const longer = pack([line, `${line}xx`, line]);
  assertEquals(sizes(longer).length, 3);
  assertEquals(unpackAll(longer), [line, `${line}xx`, line]);
});

Deno.test("a character that does not fit takes its whole line into the next segment", () => {
  for (const character of ["ü", "€", "😀"]) {
    for (const left of [0, 1, 2, 3]) {
      const lines = ["x".repeat(MAX_VALUE_BYTES - 3 - left), character];
      assertEquals(unpackAll(pack(lines)), lines, `${character} with ${left} bytes left`);
    }
  }
});

Deno.test("a line may fill a value but not exceed it", () => {
  const most = "x".repeat(MAX_VALUE_BYTES - 2);
  assertEquals(sizes(pack([most])), [MAX_VALUE_BYTES]);
  assertEquals(unpackAll(pack(["a", most, "b"])), ["a", most, "b"]);
  assertThrows(() => pack(["a", `${most}x`]), RangeError, `${MAX_VALUE_BYTES - 1} characters`);
});

Deno.test("a failed pack() leaves nothing behind for the next", () => {
  assertThrows(() => pack(["left over", "x".repeat(MAX_VALUE_BYTES)]), RangeError);
  assertEquals(unpackAll(pack(["a"])), ["a"]);
});

Deno.test("a segment keeps its contents when the next one is packed", () => {
  const first = pack(["first"]);
  pack(["second", "third"]);
  assertEquals(unpackAll(first), ["first"]);
});

Deno.test("lines beyond one atomic operation are left for the next, in order", () => {
  const lines = Array.from({ length: 40 }, (_, i) => String(i % 10).repeat(32_000));
  const first = pack(lines);
  assertLessOrEqual(sizes(first).reduce((a, b) => a + b, 0), MAX_ATOMIC_BYTES);
  assert(countLines(first) > 10 && countLines(first) < 40, `${countLines(first)}`);
  const second = pack(lines.slice(countLines(first)));
  assertEquals(countLines(first) + countLines(second), 40);
  assertEquals([...unpackAll(first), ...unpackAll(second)], lines);
});

Deno.test("lines that fit into one operation still fit when any one is dropped", () => {
  const line = fc.constantFrom(300, 21_600, 32_400, 64_000).map((length) => "x".repeat(length));
  let full = 0;
  fc.assert(fc.property(fc.array(line, { minLength: 20, maxLength: 60 }), (all) => {
    const fitting = all.slice(0, countLines(pack(all)));
    if (fitting.length < all.length) full += 1;
    for (const dropped of fitting.keys()) {
      const others = fitting.filter((_, i) => i !== dropped);
      assertEquals(countLines(pack(others)), others.length);
    }
  }));
  assert(full > 10, `${full} runs were cut`);
});

Deno.test("any lines come back unchanged, from segments within the limits of KV", () => {
  const anyLine = fc.tuple(anyText, fc.nat({ max: 20_000 })).map(([text, padding]) =>
    `{${text.toWellFormed().replaceAll("\n", "")}${"x".repeat(padding)}`
  );
  let several = 0;
  fc.assert(fc.property(fc.array(anyLine, { maxLength: 30 }), (lines) => {
    const packed = pack(lines);
    if (packed.length > 1) several += 1;
    assertEquals(unpackAll(packed), lines.slice(0, countLines(packed)));
    for (const size of sizes(packed)) assertLessOrEqual(size, MAX_VALUE_BYTES);
    assertLessOrEqual(sizes(packed).reduce((a, b) => a + b, 0), MAX_ATOMIC_BYTES);
    if (countLines(packed) < lines.length) assertGreaterOrEqual(packed.length, 10);
  }));
  assert(several > 10, `${several} runs with several segments`);
});

Deno.test("small segments are merged in order, as long as they fit into a value", () => {
  const bytesOf = (lines: readonly string[]) => pack(lines).map(({ bytes }) => bytes);
  assertEquals(merge([]), []);
  const small = ["a", "b", "c"].flatMap((line) => bytesOf([line]));
  assertEquals(merge(small).map(unpack), [["a", "b", "c"]]);
  const half = "x".repeat(MAX_VALUE_BYTES / 2 - 2);
  const halves = merge([half, half, half, "y"].flatMap((line) => bytesOf([line])));
  assertEquals(halves.map(unpack), [[half, half], [half, "y"]]);
  assertEquals(halves.map(({ length }) => length), [MAX_VALUE_BYTES - 1, MAX_VALUE_BYTES / 2 + 2]);
});

Deno.test("a segment begins with its format, and so does a merged one", () => {
  const [first, second] = pack(["a"]).concat(pack(["b"])).map(({ bytes }) => bytes);
  assert(first && second);
  assertEquals([...first], [SEGMENT_FORMAT, 0x61, 0x0a]);
  assertEquals(merge([first, second]).map((bytes) => [...bytes]), [
    [SEGMENT_FORMAT, 0x61, 0x0a, 0x62, 0x0a],
  ]);
});

Deno.test("a segment of another format is refused with a message that names both formats", () => {
  for (
    const [found, name] of [[SEGMENT_FORMAT + 1, `${SEGMENT_FORMAT + 1}`], [0x5b, "91"]] as const
  ) {
    const segment = new Uint8Array([found, 0x61, 0x0a]);
    assertEquals(isReadable(segment), false);
    assertThrows(
      () => unpack(segment),
      SegmentFormatError,
      `has format ${name}, and this version of Sluice understands format ${SEGMENT_FORMAT}`,
    );
  }
  assertThrows(() => unpack(new Uint8Array()), SegmentFormatError, "format none");
});

Deno.test("segments of different formats are never merged", () => {
  const newer = new Uint8Array([SEGMENT_FORMAT + 1, 0x62, 0x0a]);
  const [own] = pack(["a"]).map(({ bytes }) => bytes);
  assert(own);
  assertEquals(merge([own, newer, newer, own]).map((bytes) => [...bytes]), [
    [...own],
    [...newer, 0x62, 0x0a],
    [...own],
  ]);
});
