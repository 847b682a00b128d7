/** What a program with a client generated from `/openapi.json` has to send, get and read. */

import { assert, assertEquals } from "../../support/assert.ts";
import type { Output } from "./programs.ts";
import type { Stage } from "./stage.ts";

/** Runs the program with arguments, and returns what it wrote. */
export type RunClient = (
  args: readonly [command: "send" | "read", idempotencyKey: string],
  env: Readonly<Record<string, string>>,
) => Promise<Output>;

const EVENT_TYPE = "must be a string of 1 to 100 characters, got";

/** Lets the program send events, looks at their rows, and lets it read the id of one of them. */
export async function checkGeneratedClient(
  { url, key, rows }: Pick<Stage, "url" | "key" | "rows">,
  from: string,
  run: RunClient,
): Promise<void> {
  const sender = await key();
  const limited = await key({ name: "limited", eventsPerSecond: 1 });
  const env = { SLUICE_URL: url, SLUICE_KEY: sender.key, SLUICE_LIMITED_KEY: limited.key };
  const idempotencyKey = crypto.randomUUID();

  const { retryAfter, ...sent } = JSON.parse((await run(["send", idempotencyKey], env)).out);
  assertEquals(sent, {
    ready: "ok",
    first: { eventId: null, tracked: true },
    replayed: "true",
    conflict: "CONFLICT",
    batch: [
      { status: "fulfilled", error: null },
      { status: "rejected", error: `eventType ${EVENT_TYPE} ""` },
      { status: "fulfilled", error: null },
    ],
    formErrors: ["entityType is required when entityId is provided"],
    fieldErrors: { eventType: [`${EVENT_TYPE} "${"t".repeat(58)}…`] },
    missingProp: "PRECONDITION_FAILED",
    wrongKey: "UNAUTHORIZED",
    tooMany: "TOO_MANY_REQUESTS",
  });
  assert(retryAfter >= 1 && retryAfter <= 60, `Retry-After: ${retryAfter}`);

  const where = "props->>'from' = $1 and actor_id = $2";
  const found = await rows({ where, values: [from, sender.id], expected: 3 });
  assertEquals(
    found.map(({ event_type, source, props }) => [event_type, source, props]).toSorted(),
    [
      ["job_completed", "web", { from, n: 1 }],
      ["job_completed", "web", { from, n: 2 }],
      ["payout_completed", "api", { from, amount_cents: 4900, payment_method: "card" }],
    ],
  );
  await rows({ where: "actor_id = $1", values: [limited.id], expected: 50 });

  const payout = found.find(({ idempotency_key }) => idempotency_key === idempotencyKey);
  const { out } = await run(["read", idempotencyKey], env);
  assertEquals(JSON.parse(out), payout?.id ?? "no row with the key");
}
