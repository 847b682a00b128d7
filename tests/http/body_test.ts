import zlib from "node:zlib";
import {
  assert,
  assertEquals,
  assertLess,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { gzipBomb, inChunks } from "../support/streams.ts";
import {
  BODY_MS,
  isPlainAndSmall,
  MAX_ARRIVING_BYTES,
  MAX_BODY_BYTES,
} from "../../src/http/body.ts";
import * as body from "../../src/http/body.ts";
import { ACCEPTED_CODINGS } from "../../src/http/content_coding.ts";
import { ByteBudget } from "../../src/http/byte_budget.ts";
import { Deadline } from "../../src/http/deadline.ts";
import { createWorkLimit } from "../../src/limits/work_limit.ts";
import { FakeClock } from "../support/clock.ts";

const encoder = new TextEncoder();

function post(body: BodyInit | null, headers: HeadersInit = {}): Request {
  return new Request("http://sluice.test/", { method: "POST", body, headers });
}

// Bodies arrive at once here: no time passes.
const deadline = new Deadline(new FakeClock(), BODY_MS);
const work = createWorkLimit(new FakeClock());
const limits = { deadline, arriving: new ByteBudget(MAX_ARRIVING_BYTES), work };
const ip = () => "203.0.113.1";
const readText = (request: Request) => body.readText(request, limits, ip);
const readJson = (request: Request) => body.readJson(request, limits, ip);

async function gzip(data: string | Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([data]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

async function codeOf(request: Request): Promise<string> {
  const result = await readText(request);
  return result.ok ? `${result.text.length} characters` : result.code;
}

const GZIP = { "content-encoding": "gzip" };
const TEXT = '{"text":"ünïcödé 😀"}';

Deno.test("a body is read as text, with or without a length, in one chunk or many", async () => {
  const bytes = encoder.encode(TEXT);
  const requests = {
    "with its length": post(TEXT, { "content-length": `${bytes.length}` }),
    "chunked": post(inChunks(bytes, 1)),
    "identity": post(TEXT, { "content-encoding": "identity" }),
    "gzip": post(await gzip(TEXT), GZIP),
    "gzip in capitals": post(await gzip(TEXT), { "content-encoding": " GZIP " }),
    "gzip by its old name": post(await gzip(TEXT), { "content-encoding": "x-gzip" }),
    "an empty encoding": post(TEXT, { "content-encoding": "" }),
    "gzip, chunked byte by byte": post(inChunks(await gzip(TEXT), 1), GZIP),
  };
  for (const [name, request] of Object.entries(requests)) {
    assertEquals(await readText(request), { ok: true, text: TEXT }, name);
  }
});

Deno.test("a missing body reads as empty text", async () => {
  assertEquals(await readText(post(null)), { ok: true, text: "" });
  assertEquals(await readText(post(null, GZIP)), { ok: true, text: "" });
});

Deno.test("2.7 a body of 1 MiB is read, one byte more is too large, however it is sent", async () => {
  assertEquals(MAX_BODY_BYTES, 1_048_576);
  const most = new Uint8Array(MAX_BODY_BYTES).fill(0x20);
  const more = new Uint8Array(MAX_BODY_BYTES + 1).fill(0x20);
  const length = (bytes: Uint8Array) => ({ "content-length": `${bytes.length}` });
  assertEquals(await codeOf(post(most, length(most))), "1048576 characters");
  assertEquals(await codeOf(post(more, length(more))), "PAYLOAD_TOO_LARGE");
  assertEquals(await codeOf(post(inChunks(most, 65_536))), "1048576 characters");
  assertEquals(await codeOf(post(inChunks(more, 65_536))), "PAYLOAD_TOO_LARGE");
  assertEquals(await codeOf(post(await gzip(most), GZIP)), "1048576 characters");
  assertEquals(await codeOf(post(await gzip(more), GZIP)), "PAYLOAD_TOO_LARGE");
});

Deno.test("2.7 the limit counts bytes, not characters", async () => {
  const text = "€".repeat(MAX_BODY_BYTES / 2);
  assertEquals(await codeOf(post(inChunks(encoder.encode(text), 65_536))), "PAYLOAD_TOO_LARGE");
});

Deno.test("2.7 a body that declares too large a length is not read at all", async () => {
  for (const headers of [{}, GZIP]) {
    let pulled = 0;
    const body = new ReadableStream({ pull: () => void (pulled += 1) }, { highWaterMark: 0 });
    const request = post(body, { ...headers, "content-length": `${MAX_BODY_BYTES + 1}` });
    assertEquals(await codeOf(request), "PAYLOAD_TOO_LARGE");
    assertEquals(pulled, 0);
  }
});

for (const [name, chunk] of [["chunked", new Uint8Array(65_536)], ["gzip", gzipBomb(8)]] as const) {
  const headers: HeadersInit = name === "gzip" ? GZIP : {};
  Deno.test(`2.7 an endless ${name} body is stopped at the limit and cancelled`, async () => {
    let sent = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        sent += chunk.length;
        controller.enqueue(chunk);
      },
      cancel: () => void (cancelled = true),
    });
    assertEquals(await codeOf(post(endless, headers)), "PAYLOAD_TOO_LARGE");
    assertLess(sent, 2 * MAX_BODY_BYTES);
    assert(cancelled);
  });
}

/** The shortest of several readings of a bomb, in milliseconds. */
async function timeToRefuse(bomb: Uint8Array<ArrayBuffer>, chunkSize: number): Promise<number> {
  const times: number[] = [];
  for (let iteration = 0; iteration < 3; iteration++) {
    const request = post(inChunks(bomb, chunkSize), GZIP);
    const startedAt = performance.now();
    assertEquals(await codeOf(request), "PAYLOAD_TOO_LARGE");
    times.push(performance.now() - startedAt);
  }
  return Math.min(...times);
}

for (const [name, chunkSize] of [["in one chunk", 1 << 20], ["in chunks", 16_384]] as const) {
  Deno.test(`2.7 a gzip bomb ${name} is stopped early: 512 MiB take as long as 4`, async () => {
    const bomb = gzipBomb(512);
    assertLess(bomb.length, MAX_BODY_BYTES);
    const small = await timeToRefuse(gzipBomb(4), chunkSize);
    assertLess(await timeToRefuse(bomb, chunkSize), 5 * small + 50);
  });
}

Deno.test("1.16 an unknown encoding is an error that names it and what it must be", async () => {
  for (const encoding of ["compress", "gzip, lzma", "gzip, br, gzip, br", "x".repeat(500)]) {
    const body = await readText(post("x", { "content-encoding": encoding }));
    assert(!body.ok);
    assertEquals([body.code, body.acceptEncoding], ["UNSUPPORTED_MEDIA_TYPE", ACCEPTED_CODINGS]);
    assertMatch(ACCEPTED_CODINGS, /^gzip, deflate, br(, zstd)?$/);
    assertStringIncludes(
      body.message,
      `must be omitted or one of ${ACCEPTED_CODINGS}, got "${encoding.slice(0, 40)}"`,
    );
    assertLess(body.message.length, 140);
  }
});

type Pack = (data: string | Uint8Array) => Uint8Array<ArrayBuffer>;

const hasZstd = ACCEPTED_CODINGS.includes("zstd");
const packs: Readonly<Record<string, Pack>> = {
  gzip: (data) => Uint8Array.from(zlib.gzipSync(data)),
  "x-gzip": (data) => Uint8Array.from(zlib.gzipSync(data)),
  deflate: (data) => Uint8Array.from(zlib.deflateSync(data)),
  Deflate: (data) => Uint8Array.from(zlib.deflateRawSync(data)), // raw, as some clients send it
  br: (data) => Uint8Array.from(zlib.brotliCompressSync(data)),
  ...(hasZstd
    ? { zstd: (data: Uint8Array | string) => Uint8Array.from(zlib.zstdCompressSync(data)) }
    : {}),
  "gzip, br": (data) => Uint8Array.from(zlib.brotliCompressSync(zlib.gzipSync(data))),
  "deflate,identity , gzip,": (data) => Uint8Array.from(zlib.gzipSync(zlib.deflateSync(data))),
};

for (const [encoding, pack] of Object.entries(packs)) {
  const headers = { "content-encoding": encoding };

  Deno.test(`1.16 ${encoding} is decoded up to the limit, whole or in chunks`, async () => {
    for (const text of [TEXT, TEXT.repeat(10_000)]) {
      const packed = pack(text);
      const body = { ok: true, text } as const;
      assertEquals(await readText(post(packed, headers)), body);
      assertEquals(await readText(post(inChunks(packed, 7), headers)), body);
    }
    const most = new Uint8Array(MAX_BODY_BYTES).fill(0x20);
    assertEquals(await codeOf(post(pack(most), headers)), "1048576 characters");
    const more = new Uint8Array(MAX_BODY_BYTES + 1).fill(0x20);
    assertEquals(await codeOf(post(pack(more), headers)), "PAYLOAD_TOO_LARGE");
  });

  Deno.test(`2.7 a bomb of ${encoding} is stopped early, and keeps no memory`, async () => {
    const bomb = pack(new Uint8Array(256 * MAX_BODY_BYTES));
    assertLess(bomb.length, MAX_BODY_BYTES);
    const before = Deno.memoryUsage().rss;
    const startedAt = performance.now();
    assertEquals(await codeOf(post(bomb, headers)), "PAYLOAD_TOO_LARGE");
    assertLess(performance.now() - startedAt, 500);
    assertLess(Deno.memoryUsage().rss - before, 64 * MAX_BODY_BYTES);
  });

  Deno.test(`1.16 what is not ${encoding}, or truncated, is never taken`, async () => {
    const packed = pack(TEXT.repeat(50));
    for (const bytes of [encoder.encode(TEXT), packed.slice(0, -12), packed.slice(0, 1)]) {
      const body = await readJson(post(bytes, headers));
      assertEquals(!body.ok && body.code, "BAD_REQUEST", JSON.stringify(body));
    }
  });
}

Deno.test("1.16 a frame of zstd that needs more than 8 MiB of memory is a bad request", {
  ignore: !hasZstd,
}, async () => {
  const { ZSTD_c_windowLog, ZSTD_c_contentSizeFlag } = zlib.constants;
  const params = { [ZSTD_c_windowLog]: 27, [ZSTD_c_contentSizeFlag]: 0 };
  const greedy = Uint8Array.from(zlib.zstdCompressSync(encoder.encode(TEXT), { params }));
  assertEquals(await codeOf(post(greedy, { "content-encoding": "zstd" })), "BAD_REQUEST");
});

Deno.test("1.17 a body is decoded by its charset, with or without a length or an encoding", async () => {
  const latin1 = Uint8Array.from(TEXT.replace("😀", "ÿ"), (c) => c.charCodeAt(0));
  const type = { "content-type": "text/plain; charset=iso-8859-1" };
  const text = TEXT.replace("😀", "ÿ");
  const body = { ok: true, text } as const;
  assertEquals(
    await readText(post(latin1, { ...type, "content-length": `${latin1.length}` })),
    body,
  );
  assertEquals(await readText(post(inChunks(latin1, 3), type)), body);
  assertEquals(await readText(post(await gzip(latin1), { ...type, ...GZIP })), body);
  assertEquals(await codeOf(post(latin1, { "content-length": `${latin1.length}` })), "BAD_REQUEST");
  assertEquals(await codeOf(post(inChunks(latin1, 3))), "BAD_REQUEST");
});

Deno.test("1.5 invalid, truncated or damaged gzip, or gzip with a trailer, is a bad request", async () => {
  const whole = await gzip(TEXT.repeat(50));
  const damaged = whole.slice();
  damaged[damaged.length - 5] = (damaged[damaged.length - 5] ?? 0) ^ 0xff;
  const bodies = {
    "plain text": encoder.encode(TEXT),
    "truncated": whole.slice(0, -12),
    "damaged": damaged,
    "followed by rubbish": new Uint8Array([...whole, 1, 2, 3]),
  };
  for (const [name, bytes] of Object.entries(bodies)) {
    assertEquals(await codeOf(post(bytes, GZIP)), "BAD_REQUEST", name);
  }
});

const failing = () => new ReadableStream({ pull: (c) => c.error(new Error("connection reset")) });

Deno.test("an aborted body is 408, never an exception", async () => {
  assertEquals(await codeOf(post(failing())), "TIMEOUT");
  assertEquals(await codeOf(post(failing(), GZIP)), "TIMEOUT");
  assertEquals(await codeOf(post(failing(), { "content-length": "10" })), "TIMEOUT");
});

const slow: readonly (readonly [name: string, headers: HeadersInit, isLong: boolean])[] = [
  ["chunked", {}, true],
  ["gzip", GZIP, true],
  ["plain", { "content-length": "9" }, false],
  ["longer plain", { "content-length": "16385" }, true],
  ["long plain", { "content-length": "100000" }, true],
];

for (const [name, headers, isLong] of slow) {
  Deno.test(`2.11 a ${name} body that does not end times out after BODY_MS, and what is long is not kept`, async () => {
    const clock = new FakeClock();
    const arriving = new ByteBudget(MAX_ARRIVING_BYTES);
    const { readable, writable } = new TransformStream<Uint8Array>();
    const writer = writable.getWriter();
    const read = body.readText(
      post(readable as ReadableStream<Uint8Array<ArrayBuffer>>, headers),
      { ...limits, deadline: new Deadline(clock, BODY_MS), arriving },
      ip,
    );
    for (let sent = 0; sent < 9; sent++) {
      await writer.write(encoder.encode("x"));
      await clock.advance(BODY_MS / 10);
    }
    if (isLong) assertEquals(arriving.held, 9);
    await clock.advance(BODY_MS / 10);
    assertEquals(await read, {
      ok: false,
      code: "TIMEOUT",
      message: "The body did not arrive within 30 s",
    });
    const rest = await writer.write(encoder.encode("x")).then(() => "read", () => "cancelled");
    assertEquals([rest, arriving.held, arriving.networks], [isLong ? "cancelled" : "read", 0, 0]);
    await writer.close().catch(() => {});
  });
}

Deno.test("2.18 long bodies that arrive together share a number of bytes, short ones do not need it", async () => {
  const arriving = new ByteBudget(400_000);
  const shared = { ...limits, arriving };
  const { readable, writable } = new TransformStream<Uint8Array>();
  const writer = writable.getWriter();
  const first = body.readText(
    post(readable as ReadableStream<Uint8Array<ArrayBuffer>>),
    shared,
    ip,
  );
  await writer.write(new Uint8Array(150_000).fill(0x20));
  const long = () => post(" ".repeat(100_000), { "content-length": "100000" });
  assertEquals(await body.readText(long(), shared, ip), {
    ok: false,
    code: "TOO_MANY_REQUESTS",
    message: "Too many bytes of long bodies are arriving, from this address or from all",
    retryAfterSeconds: 5,
  });
  assertEquals(arriving.held, 150_000);
  const other = await body.readText(long(), shared, () => "203.0.113.2");
  assertEquals(other.ok, true);
  const short = await body.readText(post("{}", { "content-length": "2" }), shared, ip);
  assertEquals(short, { ok: true, text: "{}" });
  await writer.close();
  assertEquals((await first).ok, true);
  assertEquals(arriving.held, 0);
  assertEquals((await body.readText(long(), shared, ip)).ok, true);
});

Deno.test("bodies that were read leave no timer after the deadline is closed", async () => {
  const clock = new FakeClock();
  const deadline = new Deadline(clock, BODY_MS);
  await body.readText(post(TEXT), { ...limits, deadline }, ip);
  await body.readText(post("x", { "content-encoding": "compress" }), { ...limits, deadline }, ip);
  deadline[Symbol.dispose]();
  assertEquals(clock.pending, 0);
});

Deno.test("readJson() parses the body", async () => {
  assertEquals(await readJson(post(TEXT)), { ok: true, value: JSON.parse(TEXT) });
  assertEquals(await readJson(post(await gzip("[1]"), GZIP)), { ok: true, value: [1] });
  assertEquals(await readJson(post("null")), { ok: true, value: null });
  assertEquals(await readJson(post("\ufeff{}")), { ok: true, value: {} });
});

Deno.test("2.5 a body that is not JSON is a bad request with a short reason", async () => {
  for (const text of ["", "{", "undefined", "{'a':1}", "NaN", `"${"x".repeat(10_000)}`]) {
    const body = await readJson(post(text));
    assert(!body.ok, text);
    assertEquals(body.code, "BAD_REQUEST");
    assertStringIncludes(body.message, "The body is not valid JSON: ");
    assertLess(body.message.length, 250);
  }
});

Deno.test("readJson() passes on why a body could not be read", async () => {
  const body = await readJson(post("x", { "content-encoding": "compress" }));
  assertEquals(!body.ok && body.code, "UNSUPPORTED_MEDIA_TYPE");
});

Deno.test("isPlainAndSmall() needs a length within the limit", () => {
  const cases: readonly (readonly [headers: HeadersInit, expected: boolean])[] = [
    [{ "content-length": "0" }, true],
    [{ "content-length": `${MAX_BODY_BYTES}` }, true],
    [{ "content-length": `${MAX_BODY_BYTES + 1}` }, false],
    [{ "content-length": "many" }, false],
    [{ "content-length": "5", "content-encoding": "gzip" }, false],
    [{}, false],
  ];
  for (const [headers, expected] of cases) {
    const request = new Request("http://sluice.test/", { method: "POST", headers });
    assertEquals(isPlainAndSmall(request), expected, JSON.stringify(headers));
  }
});
