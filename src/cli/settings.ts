/** Reads the settings for a command. */

import { type Config, ConfigError, type Environment, loadConfig } from "../config.ts";
import { printError } from "./terminal.ts";

/** Returns the settings; if any is invalid, prints the error and exits with 1. */
export function settingsOrExit(environment: Environment = Deno.env.toObject()): Config {
  try {
    return loadConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    printError(error.message);
    Deno.exit(1);
  }
}
