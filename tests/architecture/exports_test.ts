import { assertEquals } from "../support/assert.ts";

const { exports, tasks } = JSON.parse(
  await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
) as {
  readonly exports: Readonly<Record<string, string>>;
  readonly tasks: Readonly<Record<string, { readonly command?: string }>>;
};

Deno.test("`deno task check` lints the documentation of every export", () => {
  const [, linted = ""] = tasks["check"]?.command?.split("deno doc --lint --quiet ") ?? [];
  assertEquals(
    linted.split(" ").toSorted(),
    Object.values(exports).map((path) => path.replace("./", "")).toSorted(),
  );
});
