/** The worker of `embedded.ts`. */

import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import type { EmbeddedAnswer, EmbeddedSource } from "./embedded.ts";

type Request = { readonly kind: "start"; readonly source: EmbeddedSource } | {
  readonly kind: "stop";
};

const MAX_CONNECTIONS = 32;
const STOP_MS = 500;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(answer: EmbeddedAnswer): void;
};

// Deno 2.5 reports a failed write after `close`, when the socket server listens for errors no more.
// A client that was killed in the middle of an answer must not take the whole Postgres with it.
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
    db: oneConversationAtATime(db),
    host: "127.0.0.1",
    port: 0,
    maxConnections: MAX_CONNECTIONS,
  });
  await server.start();
  stop = async () => {
    // Some releases of Deno never report the server as closed once a connection has been there.
    await Promise.race([server.stop(), new Promise((resolve) => setTimeout(resolve, STOP_MS))]);
    await db.close();
  };
  return Number(new URL(`tcp://${server.getServerConn()}`).port);
}

const QUERY = "Q".charCodeAt(0);
const SYNC = "S".charCodeAt(0);
const TERMINATE = "X".charCodeAt(0);
const DEAD_LETTER_A = "A".charCodeAt(0);

/**
 * PGlite has one session for all connections. The socket server keeps a transaction's messages
 * together, but not those of one extended query (parse, bind, execute, sync): another connection's
 * bind in between would take its unnamed portal away. So it is told "in transaction" until the sync.
 */
function oneConversationAtATime(db: PGlite): PGlite {
  let conversing = false;
  return new Proxy(db, {
    get(target, property) {
      if (property === "isInTransaction") return () => conversing || target.isInTransaction();
      if (property === "exec") { // the rollback after a connection that ended in the middle
        return (...args: Parameters<PGlite["exec"]>) => {
          conversing = false;
          return target.exec(...args);
        };
      }
      if (property === "execProtocolRawStream") {
        return (...args: Parameters<PGlite["execProtocolRawStream"]>) => {
          const type = args[0][0] ?? 0; // the message of a new connection has no dead letter
          if (type >= DEAD_LETTER_A) conversing = ![QUERY, SYNC, TERMINATE].includes(type);
          return target.execProtocolRawStream(...args);
        };
      }
      const value = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
