/** The worker of `embedded.ts`. */

import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import type { EmbeddedAnswer, EmbeddedSource } from "./embedded.ts";

type Request = { readonly kind: "start"; readonly source: EmbeddedSource } | {
  readonly kind: "stop";
};

const MAX_CONNECTIONS = 32;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(answer: EmbeddedAnswer): void;
};

let stop = async (): Promise<void> => {};

scope.onmessage = async ({ data }) => {
  try {
    if (data.kind === "start") {
      scope.postMessage({ kind: "ready", port: await start(data.source) });
    } else {
      await stop();
      scope.postMessage({ kind: "closed" });
    }
  } catch (error) {
    scope.postMessage({ kind: "failed", message: String(error) });
  }
};

async function start(source: EmbeddedSource): Promise<number> {
  const db = "folder" in source
    ? await PGlite.create(source.folder)
    : await PGlite.create(source.dump ? { loadDataDir: new Blob([source.dump]) } : {});
  const server = new PGLiteSocketServer({
    db,
    host: "127.0.0.1",
    port: 0,
    maxConnections: MAX_CONNECTIONS,
  });
  await server.start();
  stop = async () => {
    await server.stop();
    await db.close();
  };
  return Number(new URL(`tcp://${server.getServerConn()}`).port);
}
