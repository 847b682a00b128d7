/**
 * `deno task servers`: runs the tests whose subject is SQL on every version of PostgreSQL that is supported,
 * each a server of its own that ends with them.
 */

import { printError, printLine } from "../../src/cli/terminal.ts";
import { openCluster } from "../support/cluster.ts";
import { filesOnServers } from "./files.ts";
import { type Options, OptionsError, parseOptions } from "./options.ts";
import { findPrograms, type PostgresVersion, ProgramsError, VERSIONS } from "./programs.ts";

const USAGE = `Usage: deno task servers [VERSION …] [FILE …] [--programs FOLDER] [--install]

Runs the tests whose subject is SQL on PostgreSQL ${
  VERSIONS.join(", ")
}, or those versions and files
that are given. A version that is not installed is installed by npm, for this run only.

  --programs FOLDER   keep there what npm installs, and use what is there
  --install           install, and run nothing`;

const MAX_CONNECTIONS = 300;

if (import.meta.main) {
  const options = optionsOrExit();
  if (options.help) {
    printLine(USAGE);
    Deno.exit(0);
  }
  Deno.exit(await testAll(options) ? 0 : 1);
}

async function testAll(options: Options): Promise<boolean> {
  await using opened = new AsyncDisposableStack();
  let folder = options.programs;
  if (folder === null) {
    folder = await Deno.makeTempDir({ prefix: "sluice-servers-" });
    const temporary = folder;
    opened.defer(() => Deno.remove(temporary, { recursive: true }));
    await Deno.chmod(folder, 0o755); // servers run as another user
  }
  let interrupted = false;
  // It reaches the tests as well: they end, then the server does.
  Deno.addSignalListener("SIGINT", () => interrupted = true);
  const files = options.files.length > 0 ? options.files : await filesOnServers();
  const results: string[] = [];
  let succeeded = true;
  for (const version of options.versions) {
    if (interrupted) break;
    const programs = await programsOrNull(version, folder);
    if (programs === null) succeeded = false;
    else if (!options.installOnly) {
      const startedAt = performance.now();
      const passed = await test(programs, files);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed();
      results.push(`PostgreSQL ${version}: ${passed ? "passed" : "FAILED"} in ${seconds} s`);
      succeeded &&= passed;
    }
  }
  if (results.length > 0) printLine(results.join("\n"));
  return succeeded && !interrupted;
}

async function programsOrNull(version: PostgresVersion, folder: string): Promise<string | null> {
  try {
    return await findPrograms(version, folder);
  } catch (error) {
    if (!(error instanceof ProgramsError)) throw error;
    printError(`PostgreSQL ${version} is not installed and cannot be: ${error.message}`);
    return null;
  }
}

async function test(programs: string, files: readonly string[]): Promise<boolean> {
  await using cluster = await openCluster({ programs, maxConnections: MAX_CONNECTIONS });
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--parallel", "--no-check", "--lock=tests/deno.lock", ...files],
    env: {
      DENO_TEST_SANITIZE_OPS: "1",
      DENO_TEST_SANITIZE_RESOURCES: "1",
      TEST_DATABASE_URL: cluster.url,
      PG_BIN: programs, // for tests that start servers of their own
    },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  return success;
}

function optionsOrExit(): Options {
  try {
    return parseOptions(Deno.args);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    printError(error.message);
    Deno.exit(1);
  }
}
