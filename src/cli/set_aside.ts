/** `deno task set-aside`: shows what could not be read or processed, and puts it back. */

import { systemClock } from "../clock.ts";
import { createIdGenerator } from "../events/id.ts";
import { isWellFormed } from "../events/line.ts";
import { setAsideKey } from "../kv/keys.ts";
import { countLines, pack, SEGMENT_FORMAT } from "../kv/segment.ts";
import { discardSetAside, listSetAside, putBack, type SetAside } from "../kv/set_aside.ts";
import { openExistingKvOrExit } from "./existing_kv.ts";
import { settingsOrExit } from "./settings.ts";
import { printError, printLine } from "./terminal.ts";

const USAGE = `Usage: deno task set-aside [list]
       deno task set-aside show ID
       deno task set-aside restore ID [FILE]
       deno task set-aside discard ID

Segments of the buffer and records of the outbox that cannot be read or processed are set aside in
the KV at KV_PATH, so that they stop nothing. This command may run beside the service.

  list      lists them, each with its reason
  show      writes the content of one, which may hold IP addresses, to standard output
  restore   puts it back where it was; with FILE, what show wrote and you repaired in its place:
            one event a line, which is its row as JSON, a tab, and its context as JSON
  discard   deletes it for good`;

const config = settingsOrExit();
const [command = "list", id, file, ...rest] = Deno.args;
if (command === "--help" || command === "-h") {
  printLine(USAGE);
  Deno.exit(0);
}
const isComplete = command === "list"
  ? id === undefined
  : ["show", "restore", "discard"].includes(command) && id !== undefined &&
    (file === undefined || command === "restore") && rest.length === 0;
if (!isComplete) exitWith(`Cannot understand ${JSON.stringify(Deno.args.join(" "))}.\n\n${USAGE}`);

using kv = await openExistingKvOrExit(config.kvPath);
if (command === "list") await list();
else await actOn(await findOrExit(id ?? ""));

async function list(): Promise<void> {
  const entries = await Array.fromAsync(listSetAside(kv));
  for (const { id, source, events, at, reason } of entries) {
    const count = source === "buffer" ? ` about ${events} events,` : "";
    printLine(`${id}  ${source},${count} since ${new Date(at).toISOString()}: ${reason}`);
  }
  if (entries.length === 0) printLine("Nothing is set aside.");
}

async function findOrExit(id: string): Promise<SetAside> {
  for await (const entry of listSetAside(kv)) if (entry.id === id) return entry;
  return exitWith(`Nothing is set aside under the id ${JSON.stringify(id)}.`);
}

async function actOn(entry: SetAside): Promise<void> {
  switch (command) {
    case "show":
      return await show(entry);
    case "restore":
      return await restore(entry);
    default: {
      const isDone = await discardSetAside(kv, entry);
      printLine(isDone ? `Discarded ${entry.id}.` : "It is not there any more.");
    }
  }
}

async function show({ source, id }: SetAside): Promise<void> {
  const { value } = await kv.get<unknown>(setAsideKey(source, id));
  if (!(value instanceof Uint8Array)) return printLine(Deno.inspect(value));
  for (let written = 0; written < value.length;) {
    written += Deno.stdout.writeSync(value.subarray(written));
  }
}

async function restore(entry: SetAside): Promise<void> {
  const replacement = file === undefined ? null : {
    values: packOrExit(await Deno.readFile(file).catch((error) => exitWith(String(error)))),
    newId: createIdGenerator(systemClock),
  };
  const isDone = await putBack(kv, entry, replacement);
  printLine(isDone ? `Restored ${entry.id}.` : "It is not there any more.");
}

/** Packs the lines of a repaired file; `show` writes the byte of the format first. */
function packOrExit(bytes: Uint8Array): Uint8Array[] {
  const text = new TextDecoder().decode(bytes[0] === SEGMENT_FORMAT ? bytes.subarray(1) : bytes);
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  const wrong = lines.findIndex((line) => !isWellFormed(line));
  if (lines.length === 0) exitWith(`${file} has no lines.`);
  if (wrong !== -1) {
    exitWith(`Line ${wrong + 1} of ${file} must be a row as JSON, a tab, and a context as JSON.`);
  }
  const packed = pack(lines);
  if (countLines(packed) < lines.length) exitWith(`${file} is too large; restore it in parts.`);
  return packed.map(({ bytes }) => bytes);
}

function exitWith(message: string): never {
  printError(message);
  Deno.exit(1);
}
