import { assertEquals } from "../support/assert.ts";
import { limitsOf } from "../../src/kv/open.ts";

Deno.test("limitsOf() uses the fingerprint log for a file, unless fingerprints are kept too long for memory", () => {
  const logged = (path: string | null, seconds: number) => limitsOf(path, seconds).fingerprintLog;
  assertEquals([logged("data/kv.sqlite3", 60), logged(":memory:", 120)], [true, true]);
  assertEquals(logged("data/kv.sqlite3", 121), false);
});

Deno.test("limitsOf() uses a key for each claim where several machines may share a KV", () => {
  const managed = limitsOf(null, 60);
  const connected = limitsOf("https://kv.example/", 60);
  assertEquals([managed.fingerprintLog, managed.claimsPerCommit], [false, 90]);
  assertEquals([connected.fingerprintLog, connected.claimsPerCommit], [false, 10]);
});
