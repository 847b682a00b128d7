/**
 * Starts the stack that a team would write by hand instead: Fastify and tRPC (`server.mjs`), a Redis list,
 * and a worker that moves it to Postgres (`worker.mjs`). Node runs it, with packages that npm installs into a
 * temporary folder.
 */

import { fileURLToPath } from "node:url";
import postgres from "postgres";
import type { Sql } from "../../../src/store/database.ts";
import { freePort } from "../../support/command.ts";
import type { BenchPostgres } from "../postgres.ts";
import { accepts, responds, startProgram } from "../programs.ts";
import { MissingError, type Program, requirePrograms } from "../requirements.ts";

const FILES = ["package.json", "server.mjs", "worker.mjs"];
const DATABASE = "hand_made";
const NODE = "install Node 20 or newer (https://nodejs.org)";
/** The programs that it needs besides PostgreSQL's. */
export const PEER_PROGRAMS = [
  { name: "redis-server", install: "apt-get install redis-server" },
  { name: "node", install: NODE },
  { name: "npm", install: NODE },
] as const satisfies readonly Program[];

/** The running stack. */
export interface HandMadeStack extends AsyncDisposable {
  readonly port: number;
  /** How many of its events are rows. */
  countRows(): Promise<number>;
  /** Deletes its rows, so that counting them stays cheap. */
  reset(): Promise<void>;
}

/**
 * Starts the stack in an empty folder, with a database of its own on a Postgres.
 *
 * @throws {MissingError} if a program or a package cannot be had
 */
export async function openHandMadeStack(
  folder: string,
  server: BenchPostgres,
): Promise<HandMadeStack> {
  const [redisServer, node, npm] = requirePrograms(PEER_PROGRAMS);
  if (server.isEmbedded) {
    throw new MissingError("PostgreSQL's server programs are missing: apt-get install postgresql");
  }
  await using opened = new AsyncDisposableStack();
  for (const name of FILES) await Deno.copyFile(pathOf(name), `${folder}/${name}`);
  await installPackages(npm, folder);

  await server.sql.unsafe(`create database ${DATABASE}`);
  opened.defer(async () => {
    await server.sql.unsafe(`drop database ${DATABASE} with (force)`);
  });
  const url = Object.assign(new URL(server.url), { pathname: `/${DATABASE}` }).href;
  const sql: Sql = postgres(url, { max: 1, onnotice: () => {}, fetch_types: false });
  opened.defer(() => sql.end({ timeout: 1 }));
  await sql.unsafe(await Deno.readTextFile(pathOf("schema.sql")));

  const redisPort = freePort();
  const durability = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"];
  opened.use(
    await startProgram(
      redisServer,
      ["--port", String(redisPort), "--bind", "127.0.0.1", "--dir", folder, ...durability],
      { isReady: () => accepts(redisPort) },
    ),
  );
  const port = freePort();
  const environment = {
    NODE_ENV: "production",
    DATABASE_URL: url,
    REDIS_PORT: String(redisPort),
    PORT: String(port),
  };
  opened.use(await startProgram(node, ["worker.mjs"], { cwd: folder, environment }));
  opened.use(
    await startProgram(node, ["server.mjs"], {
      cwd: folder,
      environment,
      isReady: () => responds(`http://127.0.0.1:${port}/livez`),
    }),
  );
  const parts = opened.move();
  return {
    port,
    async countRows() {
      const [row] = await sql<[{ rows: number }]>`
        select count(*)::integer as rows from analytics_events
      `;
      return row.rows;
    },
    async reset() {
      await sql`truncate analytics_events`;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function installPackages(npm: string, folder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(npm, {
    args: ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const reason = new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "";
  throw new MissingError(`npm could not install Fastify, tRPC, ioredis and pg: ${reason}`);
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(`./${name}`, import.meta.url));
}
