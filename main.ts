/** Starts the service, registers its cron job, serves requests and drains on shutdown. */

import { getLogger } from "@logtape/logtape";
import { noSuchHostMessage, toUrlHost } from "./src/cli/host.ts";
import { portTakenMessage } from "./src/cli/port.ts";
import { settingsOrExit } from "./src/cli/settings.ts";
import { printError } from "./src/cli/terminal.ts";
import { pause, systemClock, within } from "./src/clock.ts";
import { ConfigError } from "./src/config.ts";
import { Server } from "./src/http/server.ts";
import { KvOpenError } from "./src/kv/open.ts";
import { configureLogging, flushLogs } from "./src/logging.ts";
import { openService } from "./src/service.ts";
import { surviveDriverFaults } from "./src/store/driver_faults.ts";
import { VERSION } from "./src/version.ts";

/** Deno Deploy kills the process five seconds after SIGINT. */
const DRAIN_MS = 4_000;
/** How long the drain waits for requests, so that their events are part of it; slower ones go on beside it. */
const LAST_RESPONSES_MS = 1_000;
/** How long it listens on while requests or bodies arrive, so that those are answered in time. */
const LISTEN_ON_MS = 3_000;
/** Supervisors signal a whole group of processes, and `deno task` passes the signal on: that is one. */
const SAME_SIGNAL_MS = 500;

const logger = getLogger(["sluice"]);

const config = settingsOrExit();
surviveDriverFaults();
await configureLogging(config);
logger.info("Sluice {version} is starting", { version: VERSION });
const service = await openService(config).catch((error) => {
  if (error instanceof KvOpenError || error instanceof ConfigError) quit(error.message);
  throw error;
});
const { app } = service;

Deno.cron("sluice every minute", "* * * * *", () => app.everyMinute());

const server = serve();
app.start();

let stoppingSince: number | null = null;
const skipGrace = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, shutDown);

function serve(): Server {
  try {
    return new Server({
      clock: systemClock,
      host: config.host,
      port: config.port,
      probe: !config.onDeploy,
      handler: app.fetch,
      isReading: app.isReading,
      onListen: ({ hostname, port }) => {
        logger.info("Listening on http://{host}:{port}", { host: toUrlHost(hostname), port });
      },
    });
  } catch (error) {
    if (error instanceof Deno.errors.AddrNotAvailable) quit(noSuchHostMessage(config.host));
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    quit(portTakenMessage(config.port));
  }
}

async function shutDown(): Promise<void> {
  if (stoppingSince !== null) {
    if (performance.now() - stoppingSince > SAME_SIGNAL_MS) skipGrace.abort();
    return;
  }
  stoppingSince = performance.now();
  app.announceStop();
  await serveOn(config.shutdownGraceSeconds);
  const deadline = performance.now() + DRAIN_MS;
  app.endStreams();
  const answered = server.shutdown(LISTEN_ON_MS);
  await within(systemClock, LAST_RESPONSES_MS, answered);
  await app.drain(deadline - performance.now(), answered);
  await service[Symbol.asyncDispose]();
  logger.info("Stopped");
  await flushLogs();
  Deno.exit(0);
}

/** Serves for the grace period, in which load balancers notice that `/readyz` fails. */
async function serveOn(seconds: number): Promise<void> {
  if (seconds === 0) return;
  logger.info("Stopping in {seconds} s; another signal stops at once", { seconds });
  await pause(systemClock, seconds * 1000, skipGrace.signal);
}

function quit(message: string): never {
  printError(message);
  Deno.exit(1);
}
