/** `@sluice/api`: the guide's and the README's examples compile, and send, with tRPC 11 and 10. */

import { assertEquals } from "../../support/assert.ts";
import { freePort } from "../../support/command.ts";
import { compile, type Compiler } from "../support/compile.ts";
import { documentedCode } from "../support/documented.ts";
import { installProject, type Project } from "../support/project.ts";
import type { EventRow, Stage } from "../support/stage.ts";

const README = new URL("../../../src/api/README.md", import.meta.url);

/** TypeScript 7 no longer has the resolution of Node 10. */
const COMPILERS: readonly Compiler[] = [
  { tsc: "typescript", options: ["--moduleResolution", "bundler"] },
  { tsc: "typescript-5", options: ["--moduleResolution", "bundler"] },
  { tsc: "typescript-5", options: ["--moduleResolution", "node10"] },
];
/** For projects that name files as Node does; this writes them, too. */
const NODE: Compiler = {
  tsc: "typescript",
  options: ["--module", "node16", "--moduleResolution", "node16"],
};

/** The guide's examples compile; programs with the README's use the service. */
export async function run(stage: Stage): Promise<void> {
  const guide11 = await installProject(stage, "guide", "guide11");
  // The one change that Query 5 asks for
  await guide11.run(["sed", "-i", "s/isLoading/isPending/", "src/hooks/useAnalytics.ts"]);
  await compileWith(COMPILERS, guide11, stage);
  await compileWith(COMPILERS, await installProject(stage, "guide", "guide10"), stage);
  await runProgramOf("api11", stage);
  await runProgramOf("api10", stage);
}

async function compileWith(
  compilers: readonly Compiler[],
  project: Project,
  { say }: Pick<Stage, "say">,
): Promise<void> {
  for (const compiler of compilers) {
    say(`${compiler.tsc} ${compiler.options.join(" ")}`);
    await compile(project, compiler);
  }
}

async function runProgramOf(name: "api11" | "api10", stage: Stage): Promise<void> {
  const project = await installProject(stage, "api", name);
  const port = String(freePort());
  await writeExamples(name, project, stage.url, port);
  await compileWith([...COMPILERS, { ...NODE, tsc: "typescript-5" }, NODE], project, stage);
  stage.say(`${name}: a client of Sluice, of both APIs by a splitLink, and of an own root`);
  const { key } = await stage.key({ scopes: ["ingest:as"] });
  const session = crypto.randomUUID();
  const { out, err } = await project.run(["node", "out/main.js"], {
    SLUICE_URL: stage.url,
    SLUICE_KEY: key,
    SLUICE_TOKEN: await stage.token("ADMIN", name),
    SESSION: session,
    OWN_PORT: port,
  });
  assertEquals(err, "", "warnings");
  const tracked = { eventId: null, tracked: true };
  const rejected = "PRECONDITION_FAILED";
  const { together, ...reported } = JSON.parse(out);
  assertEquals(reported, {
    direct: [tracked, ["fulfilled", "rejected"]],
    stats: 100,
    flush: true,
    hello: true,
    mixed: [
      tracked,
      "FORBIDDEN",
      rejected,
      {
        total: 1,
        successful: 1,
        failed: 0,
        results: [{ index: 0, status: "fulfilled", data: tracked, error: null }],
      },
    ],
    many: [true, 2],
    mounted: [{ at: "1970-01-01T00:00:00.000Z" }, tracked, rejected],
  });
  assertEquals(together.toSorted(), [
    "/api/trpc/eventIngestion.track,eventIngestion.track,eventIngestion.trackBatch",
    "/api/trpc/fail",
    "/api/trpc/hello",
  ]);
  await checkRows(name, session, stage);
}

/** Puts imports and what the README takes for granted above its code. */
async function writeExamples(
  name: "api11" | "api10",
  { run, write }: Project,
  url: string,
  port: string,
): Promise<void> {
  const [first = ""] = await documentedCode(README, "@sluice/api", "ts", url);
  const [split11 = "", split10 = ""] = await documentedCode(
    README,
    "Beside your own API",
    "ts",
    url,
  );
  const [root = ""] = await documentedCode(README, "In your own root", "ts", url);
  const is11 = name === "api11";
  const examples = {
    split_link: is11 ? split11 : split11.split("\n\n")[0] + "\n" + split10,
    own_root: is11 ? root : root.replaceAll("createTRPCClient", "createTRPCProxyClient"),
  };
  if (is11) await write("src/first.ts", first);
  for (const [file, code] of Object.entries(examples)) {
    const { out: above } = await run(["cat", `readme/${file}.ts`]);
    const ownUrl = `http://localhost:${port}/api/trpc`;
    await write(`src/${file}.ts`, `${above}\n${code.replace('"/api/trpc"', `"${ownUrl}"`)}`);
  }
}

async function checkRows(name: "api11" | "api10", session: string, stage: Stage): Promise<void> {
  const more = name === "api11" ? [["form_submitted", "web", name, "tanstack"]] : [];
  const rows = await stage.rows({
    where: "session_id = $1::uuid",
    values: [session],
    expected: 65 + more.length,
  });
  const isOneOfMany = ({ props }: EventRow) => props?.["from"] === "many";
  const many = rows.filter(isOneOfMany).map(({ props }) => Number(props?.["n"]));
  assertEquals(many.toSorted((a, b) => a - b), Array.from({ length: 60 }, (_, n) => n));
  const found = rows.filter((row) => !isOneOfMany(row))
    .map((
      { event_type, source, user_id, props },
    ) => [event_type, source, user_id, props?.["from"]]);
  assertEquals(found.toSorted(), [
    ["button_clicked", "web", name, "direct"],
    ["cta_clicked", "web", null, "split"],
    ...more,
    ["modal_opened", "web", "u_own", "mounted"],
    ["page_viewed", "mobile", name, "direct"],
    ["search_performed", "web", null, "split"],
  ]);
}
