/** Settings for commands: a wrong one ends the process with its sentence. */

import { type Config, ConfigError, type Environment, loadConfig } from "../config.ts";
import { complain } from "./terminal.ts";

/** Reads the settings or ends the process. */
export function settingsOrExit(environment: Environment = Deno.env.toObject()): Config {
  try {
    return loadConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complain(error.message);
    Deno.exit(1);
  }
}
