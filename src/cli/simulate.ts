/** `deno task simulate`: sends traffic to a running service and checks its responses. */

import { systemClock } from "../clock.ts";
import { type Options, OptionsError, parseOptions, USAGE } from "../simulate/options.ts";
import { type RunDependencies, simulate } from "../simulate/run.ts";
import { renderSummary } from "../simulate/summary.ts";
import { TargetError } from "../simulate/target.ts";
import { readDevSecret } from "./dev_secret.ts";
import { findRunningDev } from "./running_dev.ts";
import { settingsOrExit } from "./settings.ts";
import { printError, printLine } from "./terminal.ts";

const encoder = new TextEncoder();

if (optionsOrExit().help) {
  printLine(USAGE);
  Deno.exit(0);
}
const config = settingsOrExit();
const dev = await findRunningDev(config.dataDir);
const options = optionsOrExit(dev?.url);
const secret = options.secret ?? config.auth.secret ?? await readDevSecret(config.dataDir);
const stop = new AbortController();
Deno.addSignalListener("SIGINT", interrupt);
try {
  const summary = await simulate({ ...options, secret }, createDependencies());
  printLine(
    options.json ? JSON.stringify(summary, null, 2) : renderSummary(summary, isColour("stdout")),
  );
  Deno.exit(summary.ok ? 0 : 1);
} catch (error) {
  if (!(error instanceof TargetError)) throw error;
  printError(error.message);
  Deno.exit(1);
}

function optionsOrExit(defaultUrl?: string): Options {
  try {
    return parseOptions(Deno.args, defaultUrl);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    printError(error.message);
    Deno.exit(1);
  }
}

/** The first Ctrl-C ends the run with its summary; the second ends the process. */
function interrupt(): void {
  Deno.removeSignalListener("SIGINT", interrupt);
  stop.abort();
}

function createDependencies(): RunDependencies {
  return {
    clock: systemClock,
    stopwatch: () => performance.now(),
    screen: {
      write: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
      isTerminal: Deno.stderr.isTerminal(),
      colour: isColour("stderr"),
    },
    stop: stop.signal,
    auth: config.auth,
  };
}

function isColour(stream: "stdout" | "stderr"): boolean {
  return Deno[stream].isTerminal() && !Deno.noColor;
}
