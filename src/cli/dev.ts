/**
 * `deno task dev`: runs the service for a developer.
 *
 * The service is a child process that starts anew when its code changes, draining first. The embedded
 * Postgres stays up in this process meanwhile and is closed last. (`deno run --watch` would end the
 * service without waiting for it to drain.)
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mintToken } from "../auth/token.ts";
import { buildAssets } from "../build/assets.ts";
import { startEmbedded } from "../store/embedded.ts";
import { banner } from "./banner.ts";
import { embeddedUrlPath } from "./database_url.ts";
import { keepDevSecret } from "./dev_secret.ts";
import { ServiceProcess } from "./service_process.ts";
import { settingsOrExit } from "./settings.ts";
import { faint, say } from "./terminal.ts";

const ROOT = new URL("../../", import.meta.url);
const WATCHED = ["main.ts", "src", "migrations", "deno.json"];
/** Who is signed in by the link that is printed. */
const DEVELOPER = { sub: "developer", role: "ADMIN", expiresInSeconds: 7 * 24 * 3600 };
/** Editors write a file in several steps. */
const SETTLE_MS = 150;

const config = settingsOrExit();
await using opened = new AsyncDisposableStack();

let databaseUrl = config.databaseUrl;
if (databaseUrl === null) {
  say(faint("Starting the embedded Postgres (a few seconds the first time) …"));
  const embedded = await startEmbedded({ folder: join(config.dataDir, "postgres") });
  opened.use(embedded);
  databaseUrl = embedded.url;
  await Deno.writeTextFile(embeddedUrlPath(config.dataDir), databaseUrl);
}
const secret = config.auth.secret ?? await keepDevSecret(config.dataDir);
const service = new ServiceProcess(fileURLToPath(new URL("main.ts", ROOT)), {
  DATABASE_URL: databaseUrl,
  AUTH_JWT_SECRET: secret,
  DEMO: "true",
});

const ended = Promise.withResolvers<number>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => ended.resolve(0));
}

await start();
restartOnChange().catch((error) => {
  say(faint(`Changes are not noticed: ${error instanceof Error ? error.message : error}`));
});
const code = await ended.promise;
await service.stop();
await opened.disposeAsync();
Deno.exit(code);

/** Starts the service and says how to use it. A service that cannot start ends everything. */
async function start(): Promise<void> {
  const url = `http://localhost:${config.port}`;
  await buildAssets();
  const exitCode = await service.start(`${url}/livez`);
  if (exitCode === null) {
    const { issuer, audience } = config.auth;
    const adminToken = await mintToken(secret, { ...DEVELOPER, issuer, audience }, Date.now());
    say(banner({ url, config, embedded: config.databaseUrl === null, adminToken }));
  }
  if (exitCode !== null) ended.resolve(exitCode);
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
  say(faint("Changed: starting anew …"));
  await service.stop();
  await buildAssets().catch((error) => say(faint(`What browsers get stays as it was: ${error}`)));
  const exitCode = await service.start(`http://localhost:${config.port}/livez`);
  if (exitCode !== null) say(faint("The service does not start; waiting for a change …"));
}
