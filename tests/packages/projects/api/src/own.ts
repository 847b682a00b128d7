import { TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { eventIngestionRouter, t } from "./own_root.js";

const procedures = {
  hello: t.procedure.query(() => ({ at: new Date(0) })),
  fail: t.procedure.mutation(() => {
    throw new TRPCError({ code: "FORBIDDEN", message: "own" });
  }),
};
export const ownRouter = t.router(procedures);
export const root = t.router({ ...procedures, eventIngestion: eventIngestionRouter });

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const url = new URL(request.url ?? "/", "http://localhost");
  const isRoot = url.pathname.startsWith("/root");
  const user = request.headers["x-user"];
  const req = new Request(url, {
    method: request.method ?? "GET",
    headers: { "content-type": "application/json", "user-agent": "own" },
    ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
  });
  const answer = await fetchRequestHandler({
    endpoint: isRoot ? "/root" : "/api/trpc",
    req,
    router: isRoot ? root : ownRouter,
    createContext: ({ req: request, resHeaders }) => ({
      request,
      resHeaders,
      user: typeof user === "string" ? { id: user } : null,
      ip: "203.0.113.7",
    }),
  });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

export const server = createServer((request, response) => void respond(request, response));
