/** The worker that `embedded.ts` starts: runs PGlite and its socket server. */

import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import type { EmbeddedReply, EmbeddedSource } from "./embedded.ts";

type Request = { readonly kind: "start"; readonly source: EmbeddedSource } | {
  readonly kind: "stop";
};

/** Of 32 processes (`deno task cluster`), each with a buffer in it. */
const MAX_CONNECTIONS = 320;
const STOP_MS = 500;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(reply: EmbeddedReply): void;
};

// Deno 2.5 reports a failed write after `close`, when the socket server no longer listens for errors.
// A client that is killed while it receives a response must not crash Postgres.
addEventListener("error", (event) => {
  if (event.error?.syscall === "write") event.preventDefault();
});

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
    db: serializeQueries(db),
    host: "127.0.0.1",
    port: 0,
    maxConnections: MAX_CONNECTIONS,
  });
  await server.start();
  stop = async () => {
    // Some releases of Deno never report the server as closed once it has had a connection.
    await Promise.race([server.stop(), new Promise((resolve) => setTimeout(resolve, STOP_MS))]);
    await db.close();
  };
  return Number(new URL(`tcp://${server.getServerConn()}`).port);
}

const QUERY = "Q".charCodeAt(0);
const SYNC = "S".charCodeAt(0);
const TERMINATE = "X".charCodeAt(0);
const FIRST_TYPE = "A".charCodeAt(0);

/**
 * Keeps the messages of an extended query together (parse, bind, execute, sync).
 *
 * PGlite has one session for all connections. The socket server serializes transactions only: another
 * connection's bind, in the middle of an extended query, would replace its unnamed portal. So this
 * proxy reports "in transaction" until the sync.
 */
function serializeQueries(db: PGlite): PGlite {
  let inQuery = false;
  return new Proxy(db, {
    get(target, property) {
      if (property === "isInTransaction") return () => inQuery || target.isInTransaction();
      if (property === "exec") { // the rollback after a connection that closed in between
        return (...args: Parameters<PGlite["exec"]>) => {
          inQuery = false;
          return target.exec(...args);
        };
      }
      if (property === "execProtocolRawStream") {
        return (...args: Parameters<PGlite["execProtocolRawStream"]>) => {
          const type = args[0][0] ?? 0; // the first message of a connection has no type
          if (type >= FIRST_TYPE) inQuery = ![QUERY, SYNC, TERMINATE].includes(type);
          return target.execProtocolRawStream(...args);
        };
      }
      const value = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
