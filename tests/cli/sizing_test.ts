import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { runTask } from "../support/command.ts";

Deno.test("sizing says what a rate needs and what breaks first", async () => {
  const { code, out } = await runTask("sizing", ["--rate", "10000", "--kv", "connect"]);
  assertEquals(code, 0);
  for (const text of ["10,000 events/s of 400 bytes", "Stores", "Breaks first  denokv"]) {
    assertStringIncludes(out, text);
  }
});

Deno.test("sizing names an option that is missing or invalid, and what it takes", async () => {
  for (
    const [args, problem] of [
      [[], "--rate is missing: events a second."],
      [["--rate", "many"], '--rate must be a whole number from 1 to 100000000, got "many".'],
      [
        ["--rate", "1", "--kv", "redis"],
        '--kv must be one of file, connect, postgres, got "redis".',
      ],
      [["--rate", "1", "--keys", "v7"], '--keys must be one of random, ordered, none, got "v7".'],
      [["--rate", "1", "--batch", "51"], '--batch must be a whole number from 1 to 50, got "51".'],
    ] as const
  ) {
    const { code, err } = await runTask("sizing", [...args]);
    assertEquals(code, 1, problem);
    assertStringIncludes(err, problem);
  }
});
