/**
 * `deno task cluster`: several service processes on one buffer and one Postgres, behind a load balancer.
 *
 * An embedded Postgres runs in this process and is closed last, when all processes have drained.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildAssets } from "../build/assets.ts";
import { systemClock, within } from "../clock.ts";
import { startEmbedded } from "../store/embedded.ts";
import { Balancer } from "./balancer.ts";
import { ensureDevSecret } from "./dev_secret.ts";
import { Fleet, type Member } from "./fleet.ts";
import { noSuchHostMessage, toUrlHost } from "./host.ts";
import { startDenokv } from "./denokv_server.ts";
import { type KvServer, KvServerError } from "./kv_server.ts";
import { startPostgres } from "./postgres_server.ts";
import { findFreePorts, isPortTaken, portTakenMessage } from "./port.ts";
import { findRunningDev, saveRunningDev } from "./running_dev.ts";
import { ServiceProcess } from "./service_process.ts";
import { settingsOrExit } from "./settings.ts";
import { faint, printError, printLine } from "./terminal.ts";

const USAGE = `Usage: deno task cluster [options]

  --processes 4   how many service processes, 1 to 32
  --kv KV         the buffer: "file", "denokv" or "postgres", each with its data in DATA_DIR; or what
                  KV_PATH takes, which is the default

Starts them on one buffer and one Postgres (DATABASE_URL, else an embedded one), with a load balancer
on HOST and PORT in front. A process that ends is started again. Ctrl-C drains all of them.`;

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const MAX_PROCESSES = 32;
/** Between the load balancer and the processes. */
const LOOPBACK = "127.0.0.1";
/** For clients to read their responses when all processes have ended; one may have stopped sending. */
const LAST_RESPONSES_MS = 1_000;
/** Ctrl-C in a terminal ends the bundler as well, which may be seen first. */
const SIGNAL_MS = 500;

const options = optionsOrExit();
const config = settingsOrExit({
  ...Deno.env.toObject(),
  ...kvSetting(options.kv),
});
if (isTakenOrExit()) exitWith(portTakenMessage(config.port));
const running = await findRunningDev(config.dataDir);
if (running !== null) {
  exitWith(
    `DATA_DIR ${config.dataDir} is in use by the service at ${running.url}; stop it first, or set DATA_DIR to another folder.`,
  );
}
const stopped = Promise.withResolvers<void>();
let isStopped = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    isStopped = true;
    stopped.resolve();
  });
}
await using opened = new AsyncDisposableStack();
const kv = await startKv(options.kv);
if (kv !== null) opened.use(kv);
// Not awaited once stopped: `deno bundle` takes ten seconds to end when its esbuild was ended as well.
await Promise.race([build(), stopped.promise]);
await exitIfStopped();
let databaseUrl = config.databaseUrl;
if (databaseUrl === null) {
  printLine(faint("Starting the embedded Postgres (a few seconds the first time) …"));
  databaseUrl = opened.use(await startEmbedded({ folder: join(config.dataDir, "postgres") })).url;
}
await exitIfStopped();
const secret = config.auth.secret ?? await ensureDevSecret(config.dataDir);
const balancer = new Balancer({ hostname: config.host, port: config.port, trusted: config });
const members = findFreePorts(LOOPBACK, options.processes).map(prepare);
const fleet = new Fleet({ members, balancer, clock: systemClock, say: printLine });
const url = `http://${toUrlHost(config.host)}:${balancer.port}`;
opened.use(
  await saveRunningDev(config.dataDir, { url, databaseUrl, embedded: config.databaseUrl === null }),
);
const failed = await Promise.race([fleet.start(), stopped.promise]);
if (failed === null) {
  printLine(`\nSluice is running at ${url}`);
  for (const { url } of members) printLine(`  a process at ${url}`);
  printLine(faint("Press Ctrl-C to drain and stop."));
  await stopped.promise;
}
const closed = balancer[Symbol.asyncDispose]();
await fleet[Symbol.asyncDispose]();
await within(systemClock, LAST_RESPONSES_MS, closed);
await opened.disposeAsync();
Deno.exit(failed ?? 0);

async function build(): Promise<void> {
  await buildAssets().catch(async (error) => {
    await within(systemClock, SIGNAL_MS, stopped.promise);
    if (!isStopped) throw error;
  });
}

/** Before any process is started. */
async function exitIfStopped(): Promise<void> {
  if (!isStopped) return;
  await opened.disposeAsync();
  Deno.exit(0);
}

function prepare(port: number): Member {
  const service = new ServiceProcess(MAIN, {
    DATABASE_URL: databaseUrl ?? "",
    AUTH_JWT_SECRET: secret,
    ...(config.kvPath === null ? {} : { KV_PATH: config.kvPath }),
    ...(kv === null ? {} : { KV_PATH: kv.path, ...kv.environment }),
    LOG_FORMAT: config.logFormat ?? "pretty",
    HOST: LOOPBACK,
    PORT: String(port),
    TRUST_PROXY: "1", // the load balancer, which knows which other proxies there are
    CLIENT_IP_HEADER: "",
  }, { graceSeconds: config.shutdownGraceSeconds });
  return { url: `http://${LOOPBACK}:${port}`, service };
}

function isTakenOrExit(): boolean {
  try {
    return isPortTaken(config.host, config.port);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrNotAvailable)) throw error;
    exitWith(noSuchHostMessage(config.host));
  }
}

/** Starts the server that `--kv` names. */
async function startKv(kv: string | undefined): Promise<KvServer | null> {
  try {
    if (kv === "denokv") return await startDenokv(config.dataDir);
    if (kv === "postgres") return await startPostgres(config.dataDir);
    return null;
  } catch (error) {
    if (!(error instanceof KvServerError)) throw error;
    exitWith(error.message);
  }
}

/** The setting that `--kv` stands for; an empty one counts as not set. */
function kvSetting(kv: string | undefined): Record<string, string> {
  if (kv === undefined) return {};
  if (["file", "denokv", "postgres"].includes(kv)) return { KV_PATH: "" };
  if (/[/.]/.test(kv)) return { KV_PATH: kv };
  exitWith(
    `--kv must be file, denokv, postgres, a path or the URL of a KV, got ${JSON.stringify(kv)}.`,
  );
}

function optionsOrExit(): { readonly processes: number; readonly kv: string | undefined } {
  const { values } = parseOrExit();
  if (values.help) {
    printLine(USAGE);
    Deno.exit(0);
  }
  const processes = Number(values.processes);
  if (!Number.isInteger(processes) || processes < 1 || processes > MAX_PROCESSES) {
    exitWith(
      `--processes must be a whole number from 1 to ${MAX_PROCESSES}, got ${
        JSON.stringify(values.processes)
      }.`,
    );
  }
  return { processes, kv: values.kv };
}

function parseOrExit() {
  try {
    return parseArgs({
      options: {
        processes: { type: "string", default: "4" },
        kv: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    exitWith(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

function exitWith(message: string): never {
  printError(message);
  Deno.exit(1);
}
