/** Runs `promtool`, which validates rules and expressions. */

const PROMTOOL = Deno.env.get("PROMTOOL_PATH") ?? "promtool";

/** Runs promtool and returns its output if it fails, else `null`. */
export async function promtool(...args: readonly string[]): Promise<string | null> {
  try {
    const command = new Deno.Command(PROMTOOL, { args: [...args] });
    const { success, stdout, stderr } = await command.output();
    if (success) return null;
    const decoder = new TextDecoder();
    return decoder.decode(stdout) + decoder.decode(stderr);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`No ${PROMTOOL}: apt-get install prometheus, or set PROMTOOL_PATH`);
  }
}
