/** Admin helpers: a tRPC client without a socket, and dead letters on demand. */

import { createTRPCClient, httpLink, type TRPCClient } from "@trpc/client";
import type { AppRouter } from "../../src/trpc/app_router.ts";
import type { Database } from "../../src/store/database.ts";
import { assert, assertEquals } from "./assert.ts";
import type { TestApp } from "./app.ts";
import { forceFlush } from "./server.ts";
import { newId } from "./ids.ts";

/** A client whose token has `role`. */
export function adminClient(app: TestApp, role = "ADMIN"): TRPCClient<AppRouter> {
  return createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: "http://sluice.test/api/trpc",
        headers: async () => ({ authorization: `Bearer ${await app.token(role)}` }),
        fetch: async (url, init) => await app.app.fetch(new Request(url, init as RequestInit)),
      }),
    ],
  });
}

/** Adds or removes a constraint that refuses events of type `poison`. */
export async function refusePoison(database: Database, refuse: boolean): Promise<void> {
  await database.run((sql) =>
    sql.unsafe(
      refuse
        ? "alter table events add constraint no_poison check (event_type <> 'poison') not valid"
        : "alter table events drop constraint no_poison",
    )
  );
}

/** Makes a dead letter that can be replayed at once. @returns its event id */
export async function poison(
  app: TestApp,
  database: Database,
  idempotencyKey?: string,
): Promise<string> {
  const key = idempotencyKey === undefined ? {} : { idempotencyKey };
  await refusePoison(database, true);
  const mark = crypto.randomUUID();
  const event = { eventType: "poison", props: { mark }, sessionId: newId(), ...key };
  assertEquals((await app.post("/v1/events", event)).status, 200);
  await forceFlush(app);
  await refusePoison(database, false);
  const { deadLetters } = await adminClient(app).admin.deadLetters.list.query({});
  const deadLetter = deadLetters.find(({ payload }) => payload.includes(mark));
  assert(deadLetter !== undefined);
  return deadLetter.eventId;
}
