import {
  assert,
  assertEquals,
  assertExists,
  assertLessOrEqual,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { ROOT, runTask, task } from "../support/command.ts";
import { until } from "../support/until.ts";

/** Runs `deno task dev` around `work`, from start to Ctrl-C. */
async function runDev(
  settings: Record<string, string>,
  work: (url: string, output: () => string) => Promise<void>,
): Promise<{ code: number; signal: string | null; output: string }> {
  const child = task("dev", [], { ...settings, PORT: "0" }).spawn();
  let output = "";
  const reading = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
  }));
  try {
    await until(() => output.includes("Press Ctrl-C"), "the banner", 60_000);
    const [, url] = /running at (http:\S+)/.exec(output) ?? [];
    assertExists(url, output);
    await work(url, () => output);
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
    return null; // the service is restarting
  }
}

Deno.test("dev needs nothing installed, restarts on change, keeps its data, and drains on Ctrl-C", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-dev-" });
  const settings = { DATA_DIR: folder };
  // On a busy machine the commands below take longer than the default batch timeout.
  const withoutFlush = { ...settings, BATCH_TIMEOUT_MS: "60000" };
  const first = await runDev(withoutFlush, async (url, output) => {
    assertStringIncludes(output(), `embedded, in ${folder}/postgres`);
    // For people also where standard error is no terminal, and without colors there.
    assertMatch(output(), new RegExp(`^[\\d:.]+ \\[INF\\] sluice: Listening on ${url}$`, "m"));
    const response = await fetch(`${url}/v1/events`, {
      method: "POST",
      body: '{"eventType":"page_viewed","props":{"path":"/first"}}',
    });
    assertEquals(await response.json(), { eventId: null, tracked: true });
    // The printed command works: the token is signed with the secret of dev.
    const { out } = await runTask("token", ["ADMIN"], settings);
    const stats = await fetch(`${url}/api/trpc/eventIngestion.getStats`, {
      headers: { authorization: `Bearer ${out.trim()}` },
    });
    // The flush at startup or by cron may have come first; the row is checked below.
    const { bufferSize } = (await stats.json()).result.data;
    assertLessOrEqual(bufferSize, 1);
  });
  assertEquals(first.code, 0, first.output);

  const second = await runDev(settings, async (url, output) => {
    // Commands find the service, whatever port it took.
    const simulated = await runTask(
      "simulate",
      ["--rate", "5", "--seconds", "1", "--json"],
      settings,
    );
    assertEquals(simulated.code, 0, simulated.out + simulated.err);
    assertEquals(JSON.parse(simulated.out).url, url);
    const again = await runTask("dev", [], { ...settings, PORT: "0" });
    assertEquals(again.code, 1);
    assertStringIncludes(again.err, `already running with DATA_DIR ${folder}, at ${url}`);
    const found = await query(
      settings,
      "select event_type, props->>'path' as path from events where props->>'path' = '/first'",
    );
    assertEquals(found, "event_type   path\npage_viewed  /first\n(1 row)\n");
    assertEquals(await statusOf(url), "ok");
    const now = new Date();
    await Deno.utime(`${ROOT}main.ts`, now, now);
    await until(
      () => output().includes("Code changed: restarting"),
      "the restart to begin",
      60_000,
    );
    await until(() => /\bStopped$/m.test(output()), "the old service to drain", 60_000);
    await until(async () => await statusOf(url) === "ok", "the new service", 60_000);
  });
  assertEquals(second.code, 0, second.output);
  assert(!/error/i.test(second.output), second.output);
  const after = await query(settings, "select 1");
  assertStringIncludes(after, `"deno task dev" is not running with DATA_DIR ${folder}.`);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("dev says that its port is taken before it starts Postgres, on whatever address", async () => {
  for (const hostname of ["0.0.0.0", "127.0.0.1", "::1"]) {
    const folder = await Deno.makeTempDir({ prefix: "sluice-dev-" });
    const listener = listenOrNull(hostname);
    if (listener === null) continue; // a machine without IPv6
    const { port } = listener.addr;
    const { code, out, err } = await runTask("dev", [], { DATA_DIR: folder, PORT: String(port) });
    listener.close();
    assertEquals(
      [code, out, err],
      [1, "", `PORT ${port} is already in use; set PORT to a free one.\n`],
      hostname,
    );
    assertEquals([...Deno.readDirSync(folder)], []);
    await Deno.remove(folder);
  }
});

function listenOrNull(hostname: string): Deno.TcpListener | null {
  try {
    return Deno.listen({ hostname, port: 0 });
  } catch {
    return null;
  }
}
