/** `.docker/Dockerfile` agrees with the repository. */

import project from "../../deno.json" with { type: "json" };
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { RUN_FLAGS } from "../../src/cli/service_process.ts";
import { loadConfig } from "../../src/config.ts";
import { readFile, ROOT } from "../docs/files.ts";
import { argsOf, parseDockerfile, readStages, variablesOf } from "./dockerfile.ts";

const { head, stages } = await readStages();
const build = stages[0] ?? [];
const image = stages.at(-1) ?? [];
const start = project.tasks.start.command.split(" ");

Deno.test("the container runs what `deno task start` runs, without downloads", () => {
  const command = JSON.parse(argsOf(image, "CMD")[0] ?? "");
  assertEquals(["deno", ...command.filter((arg: string) => arg !== "--cached-only")], start);
  assertEquals(command.slice(1, -1), ["--cached-only", ...RUN_FLAGS]);
});

Deno.test("both stages have one exact version of Deno, by build arguments with defaults", () => {
  assertMatch(variablesOf(head, "ARG").get("DENO_VERSION") ?? "", /^\d+\.\d+\.\d+$/);
  assertEquals(stages.map((stage) => stage[0]?.args), [
    "${DENO_IMAGE}:${DENO_VERSION} AS build",
    "${DENO_IMAGE}:distroless-${DENO_VERSION}",
  ]);
});

Deno.test("packages are found at run time where the build put them", () => {
  assertEquals(
    variablesOf(image, "ENV").get("DENO_DIR"),
    variablesOf(build, "ENV").get("DENO_DIR"),
  );
  for (const stage of [build, image]) assert(argsOf(stage, "ARG").includes("NPM_CONFIG_REGISTRY"));
  assertEquals(variablesOf(image, "ENV").get("NPM_CONFIG_REGISTRY"), "${NPM_CONFIG_REGISTRY}");
});

Deno.test("the container is not root's, and the buffer is on a volume of its user", () => {
  const [user = ""] = argsOf(image, "USER");
  assertMatch(user, /^[1-9]\d*:[1-9]\d*$/);
  const folder = variablesOf(image, "ENV").get("DATA_DIR") ?? "";
  assertEquals(argsOf(image, "VOLUME"), [folder]);
  assertEquals(
    argsOf(image, "COPY").filter((args) => args.endsWith(` ${folder}`)),
    [`--from=build --chown=${user} ${folder} ${folder}`],
  );
});

Deno.test("the port and the health check are those of the service", async () => {
  assertEquals(argsOf(image, "EXPOSE"), [String(loadConfig({}).port)]);
  const check = /CMD (\[.*\])$/.exec(argsOf(image, "HEALTHCHECK")[0] ?? "")?.[1];
  const command: string[] = JSON.parse(check ?? "[]");
  assertEquals(command.slice(0, 2), ["/bin/deno", "run"]); // there is no shell
  assert((await Deno.stat(new URL(command.at(-1) ?? "", ROOT))).isFile);
});

Deno.test("the build's context has all that the service, the build and the commands need", async () => {
  const patterns = (await readFile(".docker/Dockerfile.dockerignore")).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const included = patterns.filter((pattern) => pattern.startsWith("!"))
    .map((pattern) => pattern.slice(1));
  assertEquals(patterns[0], "*");
  for (const path of included) await Deno.stat(new URL(path, ROOT));
  const needed = [
    "deno.json",
    "deno.lock",
    "main.ts",
    "migrations",
    ...project.workspace.map((member) => `${member.slice(2)}/deno.json`),
    ...Object.values(project.exports).map((path) => path.slice(2)),
    ...argsOf(build, "RUN").flatMap((args) => args.match(/\S+\.ts\b/g) ?? []),
  ];
  const isIncluded = (path: string) =>
    included.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
  assertEquals(needed.filter((path) => !isIncluded(path)), []);
});

Deno.test("a Dockerfile is read with its comments and lines that go on", () => {
  assertEquals(parseDockerfile("# no\nFROM a AS b\n\nRUN one \\\n    # no\n    && two\n"), [
    { name: "FROM", args: "a AS b" },
    { name: "RUN", args: "one  && two" },
  ]);
});
