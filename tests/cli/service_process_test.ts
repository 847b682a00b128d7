import { assertEquals } from "../support/assert.ts";
import { RUN_FLAGS } from "../../src/cli/service_process.ts";

Deno.test("dev and bench run the service as start does", async () => {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  assertEquals(tasks.start.command, `deno run ${RUN_FLAGS.join(" ")} main.ts`);
});
