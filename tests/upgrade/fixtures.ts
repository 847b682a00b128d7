/**
 * The fixtures: a KV and a database as a release left them, in a folder with its name; with the KV in
 * PostgreSQL, in a folder `postgres` of that.
 */

import postgres from "postgres";
import { type Clock, systemClock } from "../../src/clock.ts";
import { LEASE_MS } from "../../src/flush/lease.ts";
import { openKv } from "../../src/kv/open.ts";
import { MIGRATIONS } from "../../src/service.ts";
import { Database } from "../../src/store/database.ts";
import { migrate, readMigrations } from "../../src/store/migrate.ts";
import { makeKvFile, type TestKv } from "../support/kv.ts";
import { writeKvText, type WriteOptions } from "./kv_text.ts";
import { openTestPostgresKv } from "../support/postgres_kv.ts";
import { writePostgresKvText } from "./postgres_kv_text.ts";
import type { Place, Sent } from "./scenario.ts";

const FOLDER = new URL("fixtures/", import.meta.url);

/** Longer than a busy machine takes. */
const DEADLINE_MS = 30_000;

/** Where KVs are. */
export const PLACES: readonly Place[] = ["file", "postgres"];

/** A fixture as text. */
export interface Fixture {
  /** The release, or `next`: what is written since then. */
  readonly name: string;
  readonly place: Place;
  readonly kv: string;
  readonly database: string;
  readonly sent: Sent;
}

/** Reads all fixtures of KVs in a place, the newest last. */
export async function readFixtures(place: Place): Promise<Fixture[]> {
  const names = (await Array.fromAsync(Deno.readDir(FOLDER))).map(({ name }) => name);
  names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return await Promise.all(names.map(async (name) => {
    const folder = folderOf({ name, place });
    const read = (file: string) => Deno.readTextFile(new URL(file, folder));
    const [kv, database, sent] = await Promise.all(
      ["kv.sql", "database.sql", "sent.json"].map(read),
    );
    return { name, place, kv: kv ?? "", database: database ?? "", sent: JSON.parse(sent ?? "") };
  }));
}

/** Writes a fixture in place of one with its name. */
export async function writeFixture(fixture: Fixture): Promise<void> {
  const { kv, database, sent } = fixture;
  const folder = folderOf(fixture);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(new URL("kv.sql", folder), kv);
  await Deno.writeTextFile(new URL("database.sql", folder), database);
  await Deno.writeTextFile(new URL("sent.json", folder), `${JSON.stringify(sent, null, 2)}\n`);
}

function folderOf({ name, place }: Pick<Fixture, "name" | "place">): URL {
  return new URL(place === "file" ? `${name}/` : `${name}/${place}/`, FOLDER);
}

/** A KV as text, and when it was written. */
type KvFixture = Pick<Fixture, "kv" | "sent">;

/** Opens a copy of the KV, in a file. */
export async function openFixtureKv(
  { kv: text, sent: { writtenAt } }: KvFixture,
  expiring: WriteOptions["expiring"],
): Promise<TestKv> {
  const file = await makeKvFile();
  writeKvText(file.path, text, { writtenAt, expiring });
  const kv = await openKv(file.path, { clock: systemClock, random: Math.random });
  return {
    kv,
    path: file.path,
    async [Symbol.asyncDispose]() {
      kv.close();
      await file[Symbol.asyncDispose]();
    },
  };
}

/** Opens a copy of the KV in place of the one in PostgreSQL at a URL. */
export async function openPostgresFixtureKv(
  path: string,
  { kv: text, sent: { writtenAt } }: KvFixture,
  expiring: WriteOptions["expiring"],
): Promise<TestKv> {
  await writePostgresKvText(path, text, { writtenAt, expiring });
  return await openTestPostgresKv({ path }, DEADLINE_MS);
}

/**
 * Puts a database in the place of what is at a URL, and applies the migrations that it lacks.
 *
 * @param text of a fixture, or empty
 */
export async function openDatabase(url: string, text: string): Promise<Database> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(`drop schema public cascade; create schema public; ${text}`);
  await sql.unsafe("reset all"); // an embedded Postgres has one session for all connections
  await sql.end();
  const database = new Database({ url, recycle: false });
  await migrate(database, await readMigrations(MIGRATIONS));
  return database;
}

/** A clock that goes on from when the lease in the fixture has ended. */
export function clockOf({ sent: { writtenAt } }: Fixture): Clock {
  const past = Date.now() - writtenAt - LEASE_MS;
  return { ...systemClock, now: () => Date.now() - past };
}
