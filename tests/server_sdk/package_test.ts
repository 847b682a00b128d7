/** The package as its users have it: installed by npm, in Node 20 or newer. */

import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { builtPackage } from "../support/built_package.ts";
import { findBun, NEEDS_BUN } from "../support/bun.ts";
import { openNpmProject, run } from "../support/npm_project.ts";
import { accept, type WireEvent } from "./open.ts";
import { recipeProject } from "./recipes.ts";

const { files } = await builtPackage("server");
const server = { name: "@sluice/server", files };
const readme = files.get("README.md") ?? "";

/** A service on a port that accepts everything. */
function serveEvents() {
  const events: (WireEvent & { readonly authorization: string | null })[] = [];
  const { port } = new URL("http://127.0.0.1:0");
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: Number(port), onListen: () => {} },
    async (request) => {
      const { events: batch } = await request.json() as { events: WireEvent[] };
      const authorization = request.headers.get("authorization");
      events.push(...batch.map((event) => ({ ...event, authorization })));
      return accept(batch);
    },
  );
  return {
    events,
    url: `http://127.0.0.1:${http.addr.port}`,
    [Symbol.asyncDispose]: () => http.shutdown(),
  };
}

Deno.test("what workers run has no module of Node", () => {
  assertEquals(files.get("worker.js")?.match(/"node:[^"]*"/g) ?? [], []);
});

const PROGRAMS = [
  { name: "Node", program: "node", isMissing: false },
  { name: "Bun", program: findBun() ?? "", isMissing: findBun() === null },
];

for (const { name, program, isMissing } of PROGRAMS) {
  const reason = isMissing ? ` (${NEEDS_BUN})` : "";
  Deno.test({
    name:
      `in ${name}, a program ends by itself; what it could not send is sent by the next one${reason}`,
    ignore: isMissing,
    fn: () => testEndOf(program),
  });
}

async function testEndOf(program: string): Promise<void> {
  await using service = serveEvents();
  const track = `
    const away = createSluice({ url: process.argv[2], spool: "spool", onError: () => {} });
    away.track({ eventType: EVENT_TYPES.JOB_COMPLETED, props: { program: process.argv[3] } })
      .then(({ durable }) => console.log(durable));
  `;
  await using opened = await openNpmProject(server, {
    "esm.js": `import { createSluice, EVENT_TYPES } from "@sluice/server";${track}`,
    "cjs.cjs": `const { createSluice, EVENT_TYPES } = require("@sluice/server");${track}`,
  }, {});
  const { project } = opened;
  // The first one has a service that does not listen; its spool is that of the URL, so it is moved.
  const away = "http://127.0.0.1:9";
  assertEquals(await run(project, program, "esm.js", away, "1"), "spool\n");
  const [folder] = [...Deno.readDirSync(`${project}/spool`)];
  assertEquals(await run(project, program, "cjs.cjs", service.url, "2"), "spool\n");
  const here = [...Deno.readDirSync(`${project}/spool`)].find(({ name }) => name !== folder?.name);
  for (const { name } of Deno.readDirSync(`${project}/spool/${folder?.name}`)) {
    if (!name.startsWith(".")) {
      await Deno.rename(
        `${project}/spool/${folder?.name}/${name}`,
        `${project}/spool/${here?.name}/${name}`,
      );
    }
  }
  assertEquals(await run(project, program, "esm.js", service.url, "3"), "spool\n");
  assertEquals(service.events.map(({ props }) => props["program"]), ["2", "1", "3"]);
}

Deno.test("the types enforce required props, in modules and with require", async () => {
  const good = `
    const sluice = createSluice({ url: "https://events.example.com" });
    const tracked: Promise<{ idempotencyKey: string }> = sluice.track({ eventType: "page_viewed" });
    sluice.track({ eventType: "license_signed", props: { license_id: "1", more: true } });
    sluice.track({ eventType: "of_my_own" as string, props: { any: [1] } });
    sluice.as({ creatorId: "c" }).trackAll([
      { eventType: "job_completed" },
      { eventType: "payout_completed", props: { amount_cents: 1, payment_method: "card" } },
    ]);
    const rows = [{ cents: 1 }];
    sluice.trackAll(rows.map(({ cents }) => ({
      eventType: "payout_completed" as const,
      props: { amount_cents: cents, payment_method: "card" },
    })));
    tracked.catch((error) => error instanceof SluiceError && error.kept);
  `;
  const bad = `
    import { createSluice } from "@sluice/server";
    const sluice = createSluice({ url: "https://events.example.com" });
    sluice.track({ eventType: "license_signed" });
    sluice.track({ eventType: "license_signed", props: {} });
    sluice.trackAll([{ eventType: "page_viewed" }, { eventType: "license_signed" }]);
    sluice.track({ eventType: "page_viewed", entityType: "house" });
  `;
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: "node16",
    target: "es2022",
    lib: ["es2022"],
    noEmit: true,
    skipLibCheck: false,
    types: ["node"],
  };
  const exports = "createSluice, SluiceError";
  await using opened = await openNpmProject(server, {
    "good.mts": `import { ${exports} } from "@sluice/server";${good}`,
    "good.cts": `import { ${exports} } from "@sluice/server";${good}`,
    "bad.mts": bad,
    "tsconfig.json": JSON.stringify({ compilerOptions, files: ["good.mts", "good.cts"] }),
    "tsconfig.bad.json": JSON.stringify({ compilerOptions, files: ["bad.mts"] }),
  }, { "typescript": "^5.9", "@types/node": "^20" });
  await run(opened.project, "npx", "tsc");
  const refused = await run(opened.project, "npx", "tsc", "-p", "tsconfig.bad.json").catch(String);
  const lines = [...refused.matchAll(/^bad\.mts\((\d+),/gm)].map(([, line]) => Number(line));
  assertEquals(lines, [4, 5, 6, 7], refused);
});

Deno.test("each recipe of the README compiles, and does what it says", async () => {
  await using service = serveEvents();
  const compilerOptions = {
    strict: true,
    module: "nodenext",
    target: "es2022",
    lib: ["es2022", "dom", "dom.iterable"],
    outDir: "out",
    rootDir: "recipes",
    skipLibCheck: true,
    types: ["node"],
  };
  await using opened = await openNpmProject(server, {
    ...recipeProject(readme, service.url),
    "tsconfig.json": JSON.stringify({ compilerOptions, include: ["recipes"] }),
  }, {
    "typescript": "^5.9",
    "@types/node": "^20",
    "hono": "^4.13",
    "express": "^5",
    "@types/express": "^5",
    "bullmq": "^5",
  });
  const { project } = opened;
  await run(project, "npx", "tsc");
  assertEquals(
    await run(project, "env", "SLUICE_KEY=sluice_key_1", "node", "drive.js"),
    "200,200,303,404\n",
  );
  assertEquals(await run(project, "node", "--conditions=workerd", "drive_edge.js"), "200\n");
  const seen = service.events.map(({ eventType, context = {} }) =>
    [eventType, ...Object.values(context).slice(0, 2)].join(" ")
  );
  assertStringIncludes(
    seen.find((event) => event.startsWith("api_request ")) ?? "",
    "127.0.0.1 node",
  );
  assertEquals(seen.filter((event) => !event.startsWith("api_request ")).toSorted(), [
    "api_request",
    "asset_uploaded",
    "form_submitted u_1",
    "license_signed",
    "payout_completed u_2 c_2",
    "payout_completed u_2 c_2",
  ]);
  const payouts = service.events.filter(({ eventType }) => eventType === "payout_completed");
  assertEquals(new Set(payouts.map((event) => event.idempotencyKey)).size, 1);
  assertEquals(payouts[0]?.authorization, "Bearer sluice_key_1");
});
