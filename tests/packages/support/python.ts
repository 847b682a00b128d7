/** Python with packages of its own. */

import { join } from "node:path";
import { runProgram } from "./programs.ts";
import type { Stage } from "./stage.ts";

/** A virtual environment. */
export interface Venv {
  /** What programs need to run in it. */
  readonly env: Readonly<Record<string, string>>;
  /** Installs packages from PyPI. */
  install(...packages: readonly string[]): Promise<void>;
}

/** Makes a virtual environment in the stage's folder. */
export async function openVenv({ folder }: Pick<Stage, "folder">): Promise<Venv> {
  const venv = join(folder, "venv");
  await runProgram(["python3", "-m", "venv", venv], { cwd: folder });
  const env = {
    PATH: `${join(venv, "bin")}:${Deno.env.get("PATH") ?? ""}`,
    PIP_DISABLE_PIP_VERSION_CHECK: "1",
  };
  return {
    env,
    async install(...packages) {
      await runProgram(["pip", "install", "--quiet", ...packages], { cwd: folder, env });
    },
  };
}
