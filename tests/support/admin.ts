/** An admin's side: a real tRPC client, without a socket. */

import { createTRPCClient, httpLink, type TRPCClient } from "@trpc/client";
import type { AppRouter } from "../../src/trpc/router.ts";
import type { Database } from "../../src/store/database.ts";
import type { TestApp } from "./app.ts";

/** A client that calls as `role`. */
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

/** Lets a database refuse events of the type `poison` from now on, or again take all. */
export async function refusePoison(database: Database, refuse: boolean): Promise<void> {
  await database.run((sql) =>
    sql.unsafe(
      refuse
        ? "alter table events add constraint no_poison check (event_type <> 'poison') not valid"
        : "alter table events drop constraint no_poison",
    )
  );
}
