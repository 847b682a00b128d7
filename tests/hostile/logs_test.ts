/** Callers cannot forge log lines, and no address or token is ever logged. */

import { MAIN, startProcess } from "../support/service_process.ts";
import { SECRET } from "../support/app.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertNotMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { openTestPostgres } from "../support/postgres.ts";
import { connectRaw, rawRequest } from "../support/raw_socket.ts";
import { mintToken } from "../../src/auth/token.ts";
import { LOG_INJECTIONS } from "./strings.ts";

const postgres = await openTestPostgres();
Deno.test.afterAll(async () => await postgres[Symbol.asyncDispose]());

const ADDRESSES = ["81.2.69.142", "2a00:23c0:17::beef", "127.0.0.1"];

function part(value: unknown): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

async function tokens(): Promise<string[]> {
  const claims = { sub: "sub_in_a_log", role: "ADMIN", expiresInSeconds: 600 };
  return [
    await mintToken(SECRET, claims, Date.now()),
    await mintToken(SECRET, claims, 0),
    ...LOG_INJECTIONS.map((alg) => `${part({ alg })}.${part({ sub: "x" })}.c2lnbmF0dXJl`),
    ...LOG_INJECTIONS.map((crit) => `${part({ alg: "HS256", crit: [crit] })}.${part({})}.c2ln`),
  ];
}

/** Sends hostile texts in everything that may be logged, and returns the tokens it sent. */
async function storm(url: string): Promise<string[]> {
  const all = await tokens();
  const port = Number(new URL(url).port);
  for (const [i, token] of all.entries()) {
    const text = LOG_INJECTIONS[i % LOG_INJECTIONS.length] ?? "";
    const headers = {
      authorization: `Bearer ${token}`,
      cookie: `session=${token}`,
      "x-forwarded-for": ADDRESSES[i % ADDRESSES.length] ?? "",
      "content-type": "application/json",
    };
    const query = new URLSearchParams({
      eventType: text.repeat(20),
      source: text,
      sessionId: text,
    });
    const body = JSON.stringify({
      eventType: text,
      entityType: "asset",
      entityId: "ckv3x9d2a0000qzrmn831i7rn",
      props: { [text]: text, occurred_at: i % 2 ? text : undefined },
    });
    const bad = JSON.stringify({ eventType: text.repeat(50), source: text });
    const requests: [string, RequestInit][] = [
      [`/v1/pixel.gif?${query}`, { headers }],
      ["/v1/events", { method: "POST", headers, body }],
      ["/v1/events", { method: "POST", headers, body: bad }],
      ["/v1/events", { method: "POST", headers, body: text }],
      ["/api/trpc/eventIngestion.track", { method: "POST", headers, body }],
      ["/api/trpc/eventIngestion.getStats", { headers }],
      ["/api/trpc/eventIngestion.forceFlush", { method: "POST", headers, body: "{}" }],
      [`/${encodeURIComponent(text)}`, { headers }],
      ["/readyz", { headers }],
    ];
    for (const [path, init] of requests) {
      const response = await fetch(url + path, init);
      await response.body?.cancel();
      assertLess(response.status, 500, path);
    }
    using socket = await connectRaw(port);
    await socket.send(rawRequest("GET", `/api/trpc/x?token=${token}`, { ...headers, host: "a b" }));
    assertEquals(await socket.status(), 400);
  }
  return all;
}

for (const format of ["pretty", "json"] as const) {
  Deno.test(`12.2 the ${format} log has only the service's own lines, no address and no token`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "sluice-logs-" });
    try {
      await using service = await startProcess(MAIN, {
        LOG_LEVEL: "debug",
        LOG_FORMAT: format,
        TRUST_PROXY: "true",
        DATABASE_URL: postgres.url,
        KV_PATH: `${folder}/kv.sqlite3`,
        // A missing table, so that a failed lookup is logged.
        ENTITY_TABLES: '{"asset":"public.nothing.id"}',
      });
      const all = await storm(service.url);
      await service.kill("SIGTERM");
      const log = service.log();
      const lines = log.trimEnd().split("\n");
      assertGreater(lines.length, 30, "too little was logged to prove anything");
      for (const text of ["A token was not accepted", "forged"]) assertStringIncludes(log, text);
      for (const line of lines) {
        // deno-lint-ignore no-control-regex
        const plain = line.replace(/\x1b\[[0-9;]*m/g, "");
        // deno-lint-ignore no-control-regex
        assert(!/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202e]/.test(plain), JSON.stringify(line));
        if (format === "json") assertEquals(typeof JSON.parse(line).logger, "string", line);
        else assert(/^(?: {4}|\d\d:\d\d:\d\d\.\d{3} )/.test(plain), JSON.stringify(line));
      }
      const addresses = ADDRESSES.filter((address) => log.includes(address));
      assertEquals(addresses, []);
      const parts = all.flatMap((token) => token.split(".")).filter((part) => part.length > 8);
      assertEquals(parts.filter((part) => log.includes(part)), []);
      for (const secret of [SECRET, "sub_in_a_log"]) assertNotMatch(log, new RegExp(secret));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
