/** The image with Postgres by `.docker/compose.yaml`: outages, stops and kills lose nothing. */

import { join } from "node:path";
import { assertEquals, assertLess, assertMatch } from "../support/assert.ts";
import { freePort } from "../support/command.ts";
import { until } from "../support/until.ts";
import type { Engine } from "./engine.ts";

/** What the check needs besides the engine. */
export interface ComposeOptions {
  /** The folder that has `.docker`. */
  readonly repository: string;
  /** The path of `podman-compose`. */
  readonly program: string;
  readonly say: (line: string) => void;
}

const SLUICE = "sluice_sluice_1";
const POSTGRES = "sluice_postgres_1";
const EVENTS = 50;
/** Nothing is flushed before the container stops, or Postgres is asked to. */
const SETTINGS = "BATCH_SIZE=10000\nBATCH_TIMEOUT_MS=600000\n";

/** Throws if an event is lost, or an answer is not as documented. */
export async function checkCompose(
  { run, succeed }: Engine,
  { repository, program, say }: ComposeOptions,
): Promise<void> {
  const file = (name: string) => join(repository, ".docker", name);
  const compose = (...args: string[]) => [program, "--file", file("compose.yaml"), ...args];
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  let sent = 0;

  async function send(): Promise<void> {
    for (let i = 0; i < EVENTS; i++) {
      const body = JSON.stringify({ eventType: "page_viewed", props: { path: `/${sent}` } });
      const headers = {
        "content-type": "application/json",
        "idempotency-key": crypto.randomUUID(),
      };
      const response = await fetch(`${url}/v1/events`, { method: "POST", headers, body });
      assertEquals(await response.json(), { eventId: null, tracked: true });
      sent += 1;
    }
  }

  async function readyz(): Promise<string> {
    return await fetch(`${url}/readyz`).then((response) => response.json(), () => ({}))
      .then(({ status }) => status ?? "none");
  }

  async function countRows(): Promise<number> {
    const sql = "select count(*) from events";
    const connect =
      "PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -U $POSTGRES_USER $POSTGRES_DB";
    const command = `${connect} --no-align --tuples-only --command='${sql}'`;
    return Number(await succeed("podman", "exec", POSTGRES, "sh", "-c", command));
  }

  const isHealthy = async () => (await run(["podman", "healthcheck", "run", SLUICE])).code === 0;
  const ready = async (status: string) => {
    await until(
      async () => (await readyz()) === status || undefined,
      `${status} at /readyz`,
      120_000,
    );
  };

  say("Compose without secrets: refused with a sentence");
  const example = await Deno.readTextFile(file(".env.example"));
  await Deno.writeTextFile(file(".env"), example);
  assertMatch(
    (await run(compose("config"))).text,
    /AUTH_JWT_SECRET .*set it in \.docker\/\.env to/,
  );
  await Deno.writeTextFile(file(".env"), `${example}AUTH_JWT_SECRET=\n`);
  assertMatch((await run(compose("config"))).text, /POSTGRES_PASSWORD .*set it in \.docker\/\.env/);

  say("Compose up: healthy");
  const secrets = `POSTGRES_PASSWORD="it's a \\\\"\nAUTH_JWT_SECRET=${crypto.randomUUID()}\n`;
  await Deno.writeTextFile(file(".env"), `${example}${secrets}PORT=${port}\n${SETTINGS}`);
  await succeed(...compose("up", "--detach", "--no-build"));
  await ready("ok");
  assertEquals(await isHealthy(), true);

  say("SIGTERM: the health check fails, the buffer drains in time");
  await send();
  assertEquals(await countRows(), 0);
  const stoppedAt = performance.now();
  const stopping = succeed(...compose("stop", "sluice"));
  await ready("stopping");
  assertEquals(await isHealthy(), false);
  await stopping;
  assertLess(performance.now() - stoppedAt, 15_000);
  assertEquals(await countRows(), sent);
  const code = "--format={{.State.ExitCode}}";
  assertEquals(await succeed("podman", "inspect", code, SLUICE), "0");

  say("Postgres stopped: degraded, but healthy; events are accepted");
  await succeed("podman", "start", SLUICE);
  await ready("ok");
  await succeed("podman", "stop", "--time=30", POSTGRES);
  await ready("degraded");
  assertEquals(await isHealthy(), true);
  await send();

  say("SIGKILL, and a new container on the same volume: no event is lost");
  await succeed("podman", "rm", "--force", "--time=0", SLUICE);
  assertEquals(await readyz(), "none");
  await succeed("podman", "start", POSTGRES);
  await succeed(...compose("up", "--detach", "--no-build"));
  await ready("ok");
  await succeed(...compose("stop", "sluice"));
  assertEquals(await countRows(), sent);
  await succeed(...compose("down", "--volumes"));
}
