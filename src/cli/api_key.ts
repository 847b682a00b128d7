/** `deno task apikey`: creates, lists and revokes API keys. */

import { parseArgs } from "node:util";
import { newApiKeyInput } from "../admin/schema/api_keys.ts";
import { createApiKey, type KeyEntry, listApiKeys, revokeApiKey } from "../api_keys/manage.ts";
import { describeZodError } from "../events/schema.ts";
import { Database } from "../store/database.ts";
import { classifyFailure } from "../store/failure.ts";
import { databaseUrlOrExit } from "./database_url.ts";
import { settingsOrExit } from "./settings.ts";
import { printError, printLine } from "./terminal.ts";

const USAGE = `Usage: deno task apikey create NAME --scope SCOPE [--scope SCOPE …]
                               [--environment LABEL] [--rate EVENTS_PER_SECOND]
       deno task apikey list
       deno task apikey revoke ID

API keys identify senders that are no browsers. They are in the Postgres of DATABASE_URL or, if that
is not set, of a running "deno task dev". Every process knows a change within seconds.

  create   prints a new key, which cannot be shown again
  list     prints all keys with their ids, without the keys themselves
  revoke   ends a key for good

Scopes: ingest     track events
        ingest:as  track events on behalf of others
        import     track events older than 30 days
        read       read statistics, events and the state of the service
        admin      all of these, and everything that admins may do

ingest:as and import include ingest.`;

function argumentsOrExit() {
  try {
    return parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: {
        scope: { type: "string", multiple: true, default: [] },
        environment: { type: "string" },
        rate: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    exitWith(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

const { values, positionals } = argumentsOrExit();
const [command, argument, ...rest] = positionals;
if (values.help) {
  printLine(USAGE);
  Deno.exit(0);
}
const takesArgument = command === "create" || command === "revoke";
if (!(takesArgument || command === "list") || rest.length > 0) {
  exitWith(`Cannot understand ${JSON.stringify(positionals.join(" "))}.\n\n${USAGE}`);
}
if (takesArgument && argument === undefined) {
  exitWith(`${command === "create" ? "NAME" : "ID"} is missing.\n\n${USAGE}`);
}
if (command === "list" && argument !== undefined) exitWith("list takes no arguments.");

const work = command === "create"
  ? create(argument ?? "")
  : command === "revoke"
  ? revoke(argument ?? "")
  : list;
await using database = new Database({
  url: await databaseUrlOrExit(settingsOrExit()),
  maxConnections: 1,
});
try {
  await work();
} catch (error) {
  printError(classifyFailure(error).message);
  Deno.exitCode = 1;
}

/** Checks the arguments; the function returned creates the key. */
function create(name: string): () => Promise<void> {
  const input = newApiKeyInput.safeParse({
    name,
    scopes: values.scope,
    environment: values.environment ?? null,
    eventsPerSecond: values.rate === undefined ? null : toNumber(values.rate),
  });
  if (!input.success) exitWith(`${describeZodError(input.error)}.`);
  return async function createKey() {
    const { id, key } = await createApiKey({
      database,
      newId: () => crypto.randomUUID(),
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    }, input.data);
    printLine(key);
    printError(`Its id is ${id}. Store the key now: it cannot be shown again.`);
  };
}

function toNumber(text: string): number {
  return text.trim() === "" ? NaN : Number(text);
}

function revoke(id: string): () => Promise<void> {
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id)) {
    exitWith(`ID must be a UUID, as "deno task apikey list" prints it, got ${JSON.stringify(id)}.`);
  }
  return async function revokeKey() {
    const name = await revokeApiKey(database, id);
    if (name === null) exitWith(`There is no key with the id ${id} that is not revoked.`);
    printLine(`Revoked ${JSON.stringify(name)}. Every process refuses it within seconds.`);
  };
}

async function list(): Promise<void> {
  const keys = await listApiKeys(database);
  for (const key of keys) printLine(describe(key));
  if (keys.length === 0) printLine("There are no keys.");
}

function describe(key: KeyEntry): string {
  const { id, name, hint, scopes, environment, events_per_second: rate } = key;
  const parts = [
    id,
    hint,
    JSON.stringify(name),
    environment === null ? "" : `(${environment})`,
    scopes.join(" ") || "no scopes",
    rate === null ? "" : `${rate} events/s`,
    describeUse(key),
  ];
  return parts.filter((part) => part !== "").join("  ");
}

function describeUse({ is_revoked, revoked_at, last_used_at }: KeyEntry): string {
  if (is_revoked) return `revoked ${day(revoked_at)}`;
  return last_used_at === null ? "never used" : `last used ${day(last_used_at)}`;
}

function day(time: Date | null): string {
  return time === null || Number.isNaN(time.getTime()) ? "at an unknown time" : time.toISOString();
}

function exitWith(message: string): never {
  printError(message);
  Deno.exit(1);
}
