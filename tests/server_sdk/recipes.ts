/** The recipes of the package's README, as files of a project. */

/** A program that uses each recipe as its framework would, and prints what they responded. */
const DRIVER = `
import { app as hono } from "./out/hono.js";
import { app as express } from "./out/express.js";
import { POST } from "./out/next.js";
import { action } from "./out/remix.js";
import { pay } from "./out/queue_worker.js";

const post = (url, body) => new Request(url, { method: "POST", body });
const responses = [
  await hono.request("/licenses/lic_1/sign", { method: "POST" }),
  await POST(post("http://a.example/", JSON.stringify({ assetId: "asset_1" }))),
  await action({ request: post("http://a.example/", new URLSearchParams({ user: "u_1" })) }),
];
const server = express.listen(0);
responses.push(await fetch(\`http://127.0.0.1:\${server.address().port}/missing\`));
server.close();
const job = { id: "7", data: { userId: "u_2", creatorId: "c_2", cents: 4900 } };
await pay(job);
await pay(job);
console.log(responses.map(({ status }) => status).join());
`;

const EDGE_DRIVER = `
import worker from "./out/edge.js";

const alive = [];
const context = { waitUntil: (promise) => alive.push(promise) };
const env = { SLUICE_URL: "https://events.example.com" };
console.log((await worker.fetch(new Request("http://a.example/page"), env, context)).status);
await Promise.all(alive);
`;

const SECTIONS = {
  "Hono": "hono.ts",
  "Express": "express.ts",
  "Next": "next.ts",
  "Remix": "remix.ts",
  "A queue worker": "queue_worker.ts",
  "A worker at the edge": "edge.ts",
} as const;

/** Returns the recipes and the programs that run them, with the service at `url`. */
export function recipeProject(readme: string, url: string): Record<string, string> {
  const files: Record<string, string> = { "drive.js": DRIVER, "drive_edge.js": EDGE_DRIVER };
  for (const [title, name] of Object.entries(SECTIONS)) {
    const [, section = ""] = readme.split(`### ${title}\n`);
    const code = /```ts\n(.*?)```/s.exec(section)?.[1];
    if (code === undefined) throw new Error(`README.md has no recipe "${title}"`);
    files[`recipes/${name}`] = code;
  }
  const entries = Object.entries(files);
  return Object.fromEntries(
    entries.map(([name, text]) => [name, text.replaceAll("https://events.example.com", url)]),
  );
}
