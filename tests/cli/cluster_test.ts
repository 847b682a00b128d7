/** `deno task cluster` as a process: several services behind one address. */

import {
  assertEquals,
  assertExists,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { runTask, task } from "../support/command.ts";
import { until } from "../support/until.ts";

import { findDenokv, NEEDS_DENOKV } from "../support/denokv.ts";

interface Running {
  readonly url: string;
  readonly output: () => string;
  /** Ends it as Ctrl-C in a terminal does; resolves with its exit code. */
  stop(): Promise<number>;
}

async function start(args: readonly string[], settings: Record<string, string>): Promise<Running> {
  const child = task("cluster", args, { ...settings, PORT: "0" }).spawn();
  let output = "";
  const reading = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) output += decoder.decode(chunk, { stream: true });
  }));
  async function stop(): Promise<number> {
    child.kill("SIGINT");
    const { code } = await child.status;
    await reading;
    return code;
  }
  try {
    await until(() => output.includes("Press Ctrl-C"), "the processes to serve", 120_000);
  } catch (error) {
    await stop();
    throw new Error(output, { cause: error });
  }
  const [, url] = /running at (http:\S+)/.exec(output) ?? [];
  assertExists(url, output);
  return { url, output: () => output, stop };
}

Deno.test("cluster serves several processes at one address, is found by commands, and drains on Ctrl-C", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-cluster-" });
  const settings = { DATA_DIR: folder, SHUTDOWN_GRACE_SECONDS: "0" };
  const { url, output, stop } = await start(["--processes", "2", "--kv", "file"], settings);
  try {
    assertEquals(output().match(/a process at http:\S+/g)?.length, 2, output());
    assertEquals((await Deno.stat(`${folder}/kv.sqlite3`)).isFile, true);
    const simulated = await runTask(
      "simulate",
      ["--rate", "20", "--seconds", "1", "--json"],
      settings,
    );
    assertEquals(simulated.code, 0, simulated.out + simulated.err);
    assertEquals(JSON.parse(simulated.out).url, url);
    const again = await runTask("cluster", [], { ...settings, PORT: "0" });
    assertEquals(again.code, 1, again.out + again.err);
    assertStringIncludes(again.err, `in use by the service at ${url}`);
  } finally {
    assertEquals(await stop(), 0, output());
  }
  assertEquals(output().match(/Stopped$/gm)?.length, 2, output());
  await Deno.remove(folder, { recursive: true });
});

for (const kv of ["denokv", "postgres"]) {
  Deno.test({
    name:
      `cluster starts ${kv} for its buffer, and a process again that was killed; nothing is lost` +
      (kv === "denokv" ? ` (${NEEDS_DENOKV})` : ""),
    ignore: Deno.build.os !== "linux" || (kv === "denokv" && findDenokv() === null),
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "sluice-cluster-" });
      const settings = {
        DATA_DIR: folder,
        SHUTDOWN_GRACE_SECONDS: "0",
        DENOKV: findDenokv() ?? "",
      };
      const { url, output, stop } = await start(["--processes", "2", "--kv", kv], settings);
      try {
        const [, first] = /a process at (http:\S+)/.exec(output()) ?? [];
        assertExists(first, output());
        Deno.kill(await findService(new URL(first).port), "SIGKILL");
        await until(
          () =>
            output().includes(`${first} ended with SIGKILL; it is started again in 1 s`) || null,
          "the end to be noticed",
        );
        const simulated = await runTask(
          "simulate",
          ["--rate", "20", "--seconds", "1", "--json"],
          settings,
        );
        assertEquals(simulated.code, 0, simulated.out + simulated.err);
        assertEquals(JSON.parse(simulated.out).url, url);
        await until(async () => await answers(`${first}/livez`), "it to serve again");
      } finally {
        assertEquals(await stop(), 0, output());
      }
      await Deno.remove(folder, { recursive: true });
    },
  });
}

Deno.test({
  name:
    "a process that hangs gets no requests, and neither it nor a client that stalls keeps the cluster from stopping",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "sluice-cluster-" });
    const settings = { DATA_DIR: folder, SHUTDOWN_GRACE_SECONDS: "0" };
    const { url, output, stop } = await start(["--processes", "2", "--kv", "file"], settings);
    const { port } = new URL(url);
    const stalled = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    try {
      const [, first] = /a process at (http:\S+)/.exec(output()) ?? [];
      assertExists(first, output());
      Deno.kill(await findService(new URL(first).port), "SIGSTOP");
      await until(async () => {
        const answered = await Promise.all(
          Array.from({ length: 8 }, () => answersSoon(`${url}/livez`)),
        );
        return answered.every(Boolean) || null;
      }, "the other process alone to be asked");
      await stalled.write(
        new TextEncoder().encode(
          "POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{}",
        ),
      );
      assertEquals(await stop(), 0, output());
      assertStringIncludes(output(), `The process at ${first} was killed: it did not stop in time`);
      assertEquals(output().match(/Stopped$/gm)?.length, 1, output());
    } finally {
      stalled.close();
    }
    await Deno.remove(folder, { recursive: true });
  },
});

/** The id of the process that listens on a port: its environment says which. */
async function findService(port: string): Promise<number> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await Deno.readTextFile(`/proc/${name}/environ`).catch(() => "");
    if (environment.split("\0").includes(`PORT=${port}`)) return Number(name);
  }
  throw new Error(`No process has PORT=${port}`);
}

async function answersSoon(url: string): Promise<boolean> {
  return await answers(url, AbortSignal.timeout(2_000));
}

async function answers(url: string, signal?: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(url, signal === undefined ? {} : { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

Deno.test("cluster says what its options take", async () => {
  const { code, err } = await runTask("cluster", ["--processes", "none"]);
  assertEquals(code, 1, err);
  assertMatch(err, /--processes must be a whole number from 1 to 32, got "none"/);
  const kv = await runTask("cluster", ["--kv", "redis"]);
  assertEquals(kv.code, 1, kv.err);
  assertMatch(
    kv.err,
    /--kv must be file, denokv, postgres, a path or the URL of a KV, got "redis"/,
  );
});

Deno.test({
  name: "Ctrl-C while cluster is starting ends it before it has started a process",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "sluice-cluster-" });
    const child = task("cluster", ["--kv", "file"], {
      DATA_DIR: folder,
      PORT: "0",
    }).spawn();
    const errors = new Response(child.stderr).text();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { value: first = "" } = await reader.read();
    assertStringIncludes(first, "Starting the embedded Postgres");
    // Written before the first process is started, and removed.
    const watcher = Deno.watchFs(folder, { recursive: false });
    const saved = (async () => {
      for await (const { paths } of watcher) {
        if (paths.some((path) => path.endsWith("/dev.json"))) return true;
      }
      return false;
    })();
    child.kill("SIGINT");
    const { code } = await child.status;
    try {
      watcher.close();
    } catch {
      // It was left at the first event.
    }
    await reader.cancel();
    assertEquals([code, await errors, await saved], [0, "", false]);
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test("cluster says what is wrong with HOST and DENOKV", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-cluster-" });
  const settings = { DATA_DIR: folder, PORT: "0" };
  const host = await runTask("cluster", [], { ...settings, HOST: "192.0.2.1" });
  assertEquals([host.code, host.err.trim()], [
    1,
    'HOST must be an address of this machine, got "192.0.2.1".',
  ]);
  const missing = `${folder}/none`;
  const programs = { [missing]: "it does not exist", [folder]: "it is no program" };
  for (const [program, reason] of Object.entries(programs)) {
    const { code, err } = await runTask("cluster", ["--kv", "denokv"], {
      ...settings,
      DENOKV: program,
    });
    assertEquals([code, err.trim()], [1, `Cannot start "${program}", ${reason}; set DENOKV`]);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("cluster says how to get denokv where it is missing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "sluice-cluster-" });
  const settings = {
    DATA_DIR: folder,
    HOME: folder,
    PATH: folder,
    DATABASE_URL: "postgres://nowhere.invalid/x",
    PORT: "0",
  };
  const { code, err } = await runTask("cluster", ["--kv", "denokv"], {
    ...settings,
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
  });
  assertEquals(code, 1, err);
  assertStringIncludes(err, "--kv denokv needs the program denokv");
  assertStringIncludes(err, "cargo install denokv --locked");
  await Deno.remove(folder, { recursive: true });
});
