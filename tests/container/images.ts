/** Builds the image of `.docker/Dockerfile`, with base images or what stands in for them. */

import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { ROOT } from "../support/command.ts";
import type { Engine } from "./engine.ts";
import { readStages, variablesOf } from "./dockerfile.ts";

const BASE = fileURLToPath(new URL("base/", import.meta.url));
/** The certificates of an authority that this network adds. */
const CERTIFICATES = Deno.env.get("SSL_CERT_FILE");

/** Makes images named like those of registries from Debian's packages and this Deno. */
export async function buildBases({ folder, succeed }: Engine, postgres: string): Promise<void> {
  const { head } = await readStages();
  const args = variablesOf(head, "ARG");
  const deno = `${args.get("DENO_IMAGE")}`;
  const version = `${args.get("DENO_VERSION")}`;
  const root = join(folder, "debian.tar");
  await succeed(
    "mmdebstrap",
    "--variant=minbase",
    "--include=ca-certificates,tini",
    "bookworm",
    root,
  );
  await succeed("podman", "import", root, "localhost/debian");
  const context = join(folder, "base");
  await Deno.mkdir(context);
  await Deno.copyFile(Deno.execPath(), join(context, "deno"));
  await Deno.copyFile(join(BASE, "postgres.sh"), join(context, "postgres.sh"));
  await succeed("tar", "-xf", root, "-C", context, "--strip-components=3", "./usr/bin/tini");
  const images = {
    build: `${deno}:${version}`,
    distroless: `${deno}:distroless-${version}`,
    postgres: `docker.io/library/${postgres}`,
  };
  for (const [name, tag] of Object.entries(images)) {
    await build(succeed, "--tag", tag, "--file", join(BASE, `${name}.Dockerfile`), context);
  }
}

/** Builds the image from the files that Git knows, readable by nobody else. */
export async function buildImage({ folder, succeed }: Engine): Promise<string> {
  const context = join(folder, "repository");
  await Deno.mkdir(context);
  const copy = 'git ls-files -z | tar -c --null -T - | tar -x -C "$1" && chmod -R go-rwx "$1"';
  await succeed("sh", "-c", `cd "$0" && ${copy}`, ROOT, context);
  const file = join(context, ".docker/Dockerfile");
  const certificates = CERTIFICATES === undefined ? [] : ["--secret", `id=ca,src=${CERTIFICATES}`];
  const ignored = ["--ignorefile", `${file}.dockerignore`]; // by itself only where it is new enough
  const tag = ["--tag", "docker.io/library/sluice"];
  // Health checks are no part of the OCI's format.
  await build(
    succeed,
    "--format=docker",
    ...certificates,
    ...ignored,
    ...tag,
    "--file",
    file,
    context,
  );
  return context;
}

async function build(succeed: Engine["succeed"], ...args: string[]): Promise<void> {
  await succeed("podman", "build", "--pull=never", "--network=host", ...args);
}
