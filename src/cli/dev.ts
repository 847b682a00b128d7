/**
 * `deno task dev`: runs the service for a developer.
 *
 * The service is a child process, which is drained and restarted when its code changes. The embedded
 * Postgres runs in this process and is closed last. (`deno run --watch` would kill the service
 * without draining it.)
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mintToken } from "../auth/token.ts";
import { buildAssets } from "../build/assets.ts";
import { startEmbedded } from "../store/embedded.ts";
import { renderBanner } from "./banner.ts";
import { ensureDevSecret } from "./dev_secret.ts";
import { noSuchHostMessage, toUrlHost } from "./host.ts";
import { findOpenPostgres, saveRunningDev } from "./running_dev.ts";
import { ServiceProcess } from "./service_process.ts";
import { findFreePort, isPortTaken, portTakenMessage } from "./port.ts";
import { settingsOrExit } from "./settings.ts";
import { faint, printError, printLine } from "./terminal.ts";

const ROOT = new URL("../../", import.meta.url);
const WATCHED = ["main.ts", "src", "migrations", "deno.json"];
/** The user that the printed link signs in. */
const DEVELOPER = { sub: "developer", expiresInSeconds: 7 * 24 * 3600 };
/** Editors save a file in several writes. */
const SETTLE_MS = 150;

const config = settingsOrExit();
if (isTakenOrExit()) {
  printError(portTakenMessage(config.port));
  Deno.exit(1);
}
const other = config.databaseUrl === null ? await findOpenPostgres(config.dataDir) : null;
if (other !== null) {
  printError(
    `"deno task dev" is already running with DATA_DIR ${config.dataDir}, at ${other.url}; stop it first, or set DATA_DIR to another folder.`,
  );
  Deno.exit(1);
}
// Chosen here and not by the service, which keeps it when it is restarted.
const port = config.port === 0 ? findFreePort(config.host) : config.port;
// The first time, this and the embedded Postgres take seconds each: they start at the same time.
const assets = buildAssets();
assets.catch(() => {}); // start() reports a failure
await using opened = new AsyncDisposableStack();

let databaseUrl = config.databaseUrl;
if (databaseUrl === null) {
  printLine(faint("Starting the embedded Postgres (a few seconds the first time) …"));
  const embedded = await startEmbedded({ folder: join(config.dataDir, "postgres") });
  opened.use(embedded);
  databaseUrl = embedded.url;
}
const url = `http://${toUrlHost(config.host)}:${port}`;
opened.use(
  await saveRunningDev(config.dataDir, { url, databaseUrl, embedded: config.databaseUrl === null }),
);
const secret = config.auth.secret ?? await ensureDevSecret(config.dataDir);
const service = new ServiceProcess(fileURLToPath(new URL("main.ts", ROOT)), {
  DATABASE_URL: databaseUrl,
  AUTH_JWT_SECRET: secret,
  DEMO: "true",
  LOG_FORMAT: config.logFormat ?? "pretty", // a person reads it, also where this is no terminal
  PORT: String(port),
  SHUTDOWN_GRACE_SECONDS: "0",
});

const ended = Promise.withResolvers<number>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => ended.resolve(0));
}

await Promise.race([start(), ended.promise]);
restartOnChange().catch((error) => {
  printLine(faint(`Cannot watch for changes: ${error instanceof Error ? error.message : error}`));
});
const code = await ended.promise;
await service.stop();
await opened.disposeAsync();
Deno.exit(code);

function isTakenOrExit(): boolean {
  try {
    return isPortTaken(config.host, config.port);
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrNotAvailable)) throw error;
    printError(noSuchHostMessage(config.host));
    Deno.exit(1);
  }
}

/** Starts the service and prints the banner; if the service cannot start, ends with its exit code. */
async function start(): Promise<void> {
  await assets;
  const exitCode = await service.start(`${url}/livez`);
  if (exitCode !== null) return ended.resolve(exitCode);
  const { issuer, audience, claims, adminRoles: [role = "ADMIN"] } = config.auth;
  const developer = { ...DEVELOPER, role, issuer, audience, claims };
  const adminToken = await mintToken(secret, developer, Date.now());
  printLine(
    renderBanner({
      url,
      config,
      embedded: config.databaseUrl === null,
      adminRole: role,
      adminToken,
    }),
  );
}

async function restartOnChange(): Promise<void> {
  const paths = WATCHED.map((path) => fileURLToPath(new URL(path, ROOT)));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let restarting = Promise.resolve();
  for await (const { kind } of Deno.watchFs(paths)) {
    if (kind === "access") continue;
    clearTimeout(timer);
    timer = setTimeout(() => restarting = restarting.then(restart), SETTLE_MS);
  }
}

async function restart(): Promise<void> {
  printLine(faint("Code changed: restarting …"));
  await service.stop();
  await buildAssets().catch((error) =>
    printLine(faint(`Cannot rebuild the browser assets; serving the old ones: ${error}`))
  );
  const exitCode = await service.start(`${url}/livez`);
  if (exitCode !== null) printLine(faint("The service failed to start; waiting for a change …"));
}
