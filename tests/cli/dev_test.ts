import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { freePort, ROOT, runTask, task } from "../support/command.ts";
import { until } from "../support/until.ts";

/** A developer's session, from the command to Ctrl-C. */
async function session(
  settings: Record<string, string>,
  work: (url: string, output: () => string) => Promise<void>,
): Promise<{ code: number; signal: string | null; output: string }> {
  const port = freePort();
  const child = task("dev", [], { ...settings, PORT: String(port) }).spawn();
  let output = "";
  const reading = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
  }));
  try {
    await until(() => output.includes("Ctrl-C drains"), "the banner", 60_000);
    await work(`http://localhost:${port}`, () => output);
  } finally {
    child.kill("SIGINT");
  }
  const { code, signal } = await child.status;
  await reading;
  return { code, signal, output };
}

async function query(settings: Record<string, string>, sql: string): Promise<string> {
  const { out, err } = await runTask("query", [sql], settings);
  return out + err;
}

async function statusOf(url: string): Promise<string | null> {
  try {
    return (await (await fetch(`${url}/readyz`)).json()).status;
  } catch {
    return null; // between two services nothing listens
  }
}

Deno.test("dev runs with nothing installed, restarts on change, keeps its data, and Ctrl-C drains it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-dev-" });
  const settings = { DATA_DIR: folder };
  // On a busy machine the commands below take longer than the flush waits for a batch.
  const patient = { ...settings, BATCH_TIMEOUT_MS: "60000" };
  const first = await session(patient, async (url, output) => {
    assertStringIncludes(output(), `Sluice listens on ${url}`);
    assertStringIncludes(output(), `embedded, in ${folder}/postgres`);
    const response = await fetch(`${url}/v1/events`, {
      method: "POST",
      body: '{"eventType":"page_viewed","props":{"path":"/first"}}',
    });
    assertEquals(await response.json(), { eventId: null, tracked: true });
    // The printed command works for an admin: the token is signed with the kept secret.
    const { out } = await runTask("token", ["ADMIN"], settings);
    const stats = await fetch(`${url}/api/trpc/eventIngestion.getStats`, {
      headers: { authorization: `Bearer ${out.trim()}` },
    });
    // The flush at the start, or the one of each minute, may have been quicker; its row is looked for below.
    const { bufferSize } = (await stats.json()).result.data;
    assert(bufferSize === 0 || bufferSize === 1, `${bufferSize}`);
  });
  assertEquals(first.code, 0, first.output);

  const second = await session(settings, async (url, output) => {
    const found = await query(settings, "select event_type, props->>'path' as path from events");
    assertEquals(found, "event_type   path\npage_viewed  /first\n(1 row)\n");
    assertEquals(await statusOf(url), "ok");
    const now = new Date();
    await Deno.utime(`${ROOT}main.ts`, now, now);
    await until(
      () => output().includes("Changed: starting anew"),
      "the change to be noticed",
      60_000,
    );
    await until(() => output().includes('"Stopped"'), "the old service to have drained", 60_000);
    await until(async () => await statusOf(url) === "ok", "the new service", 60_000);
  });
  assertEquals(second.code, 0, second.output);
  assert(!/error/i.test(second.output), second.output);
  await Deno.remove(folder, { recursive: true });
});
