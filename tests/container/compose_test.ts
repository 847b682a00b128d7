/** `.docker/compose.yaml` and `.docker/.env.example` agree with settings and image. */

import { z } from "zod";
import { assert, assertEquals, assertGreater, assertMatch } from "../support/assert.ts";
import { loadConfig } from "../../src/config.ts";
import { parseDatabaseUrl } from "../../src/store/database_url.ts";
import { settings } from "../../src/settings.ts";
import { readFile } from "../docs/files.ts";
import { parseYaml } from "../support/yaml.ts";
import { argsOf, readStages } from "./dockerfile.ts";

const service = z.object({
  image: z.string(),
  environment: z.record(z.string(), z.string()),
  volumes: z.array(z.string()),
  restart: z.literal("unless-stopped"),
});
const file = z.strictObject({
  name: z.literal("sluice"),
  services: z.strictObject({
    sluice: service.extend({
      build: z.strictObject({ context: z.literal(".."), dockerfile: z.string() }),
      env_file: z.literal(".env"),
      ports: z.array(z.string()),
      depends_on: z.record(z.string(), z.object({ condition: z.literal("service_healthy") })),
      stop_grace_period: z.string(),
      read_only: z.literal(true),
      cap_drop: z.tuple([z.literal("ALL")]),
    }),
    postgres: service.extend({ healthcheck: z.object({ test: z.array(z.string()) }) }),
  }),
  volumes: z.record(z.string(), z.null()),
});

const { services, volumes } = file.parse(parseYaml(await readFile(".docker/compose.yaml")));
const { sluice, postgres } = services;
const image = (await readStages()).stages.at(-1) ?? [];

Deno.test("compose.yaml and .env.example name only settings that exist, with valid values", async () => {
  const names = Object.keys(settings.shape);
  const example = [
    ...(await readFile(".docker/.env.example")).matchAll(/^(?:# )?([A-Z_]+)=(.*)$/gm),
  ];
  assertGreater(example.length, 4);
  for (const [, name = "", value = ""] of example) {
    if (name === "POSTGRES_PASSWORD") continue;
    assert(names.includes(name), name);
    loadConfig({ [name]: value });
  }
  for (const name of Object.keys(sluice.environment)) {
    assert(name === "PGPASSWORD" || names.includes(name), name);
  }
});

Deno.test("there is no default password or secret, and who sets none gets a sentence", async () => {
  for (const { environment } of [sluice, postgres]) {
    for (const [name, value] of Object.entries(environment)) {
      if (!/PASSWORD|SECRET/.test(name)) continue;
      assertMatch(value, /\$\{[A-Z_]+:?\?set it in \.docker\/\.env[^}]*\}/, name);
    }
  }
  assertMatch(await readFile(".docker/.env.example"), /^POSTGRES_PASSWORD=$/m);
  assertMatch(await readFile(".gitignore"), /^\.env$/m);
});

Deno.test("the service connects to the database of the other container", () => {
  const url = sluice.environment["DATABASE_URL"] ?? "";
  loadConfig({ DATABASE_URL: url });
  const { user, hosts, database } = parseDatabaseUrl(url);
  assertEquals({ user, hosts, database }, {
    user: postgres.environment["POSTGRES_USER"] ?? null,
    hosts: [{ name: "postgres", port: 5432 }],
    database: postgres.environment["POSTGRES_DB"] ?? null,
  });
  assertEquals(Object.keys(sluice.depends_on), ["postgres"]);
});

Deno.test("the password is not in the URL, where some characters would have to be encoded", () => {
  assertEquals(parseDatabaseUrl(sluice.environment["DATABASE_URL"] ?? "").password, null);
  assertEquals(sluice.environment["PGPASSWORD"], postgres.environment["POSTGRES_PASSWORD"]);
});

Deno.test("compose.yaml gives the service its port, its volume and the time to stop", () => {
  const port = String(loadConfig({}).port);
  assertEquals(argsOf(image, "EXPOSE"), [port]);
  assertEquals(sluice.environment["PORT"], port);
  assertEquals(sluice.ports.map((mapping) => mapping.split(":").at(-1)), [port]);
  assertEquals(sluice.volumes.map((volume) => volume.split(":")[1]), argsOf(image, "VOLUME"));
  const names = [sluice, postgres].flatMap((each) => each.volumes)
    .map((volume) => volume.split(":")[0]);
  assertEquals(Object.keys(volumes), names);
  const drain = 4;
  const seconds = Number(/^(\d+)s$/.exec(sluice.stop_grace_period)?.[1]);
  assertGreater(seconds, 2 * (loadConfig({}).shutdownGraceSeconds + drain));
});
