/** The process that generates load: reads a `LoadCommand` per line, answers each load with a `LoadResult`. */

import { serveRequests } from "../subprocess.ts";
import { LoadRun } from "./run.ts";
import type { LoadCommand, LoadResult } from "./types.ts";

let run: LoadRun | null = null;

await serveRequests<LoadCommand, LoadResult>((command) => {
  if ("done" in command) return void run?.reportDone(command.done);
  run = new LoadRun(command.load);
  return run.start();
});
