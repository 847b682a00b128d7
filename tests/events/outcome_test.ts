/** Holds the table of outcomes against section 2 of the contract. */

import { assertEquals } from "../support/assert.ts";
import { TRPCError } from "@trpc/server";
import { type OutcomeKind, outcomeLabel, OUTCOMES } from "../../src/events/outcome.ts";
import { toHttpStatus } from "../../src/trpc/status.ts";

type Row = readonly [
  rule: string,
  status: number,
  tracked: boolean,
  sendAgain: boolean,
  counter: string,
  label: string,
];

const contract: Readonly<Record<OutcomeKind, Row>> = {
  accepted: ["2.1", 200, true, false, "accepted", "accepted"],
  duplicate: ["2.2", 200, true, false, "duplicates", "fingerprint"],
  replayed: ["2.3", 200, true, false, "duplicates", "idempotency_key"],
  conflict: ["2.4", 409, false, false, "rejected", "conflict"],
  invalid: ["2.5", 400, false, false, "rejected", "invalid"],
  rule_violated: ["2.6", 412, false, false, "rejected", "rule_violated"],
  too_large: ["2.7", 413, false, false, "rejected", "too_large"],
  limited: ["2.8", 429, false, true, "rejected", "limited"],
  overloaded: ["2.8", 429, false, true, "rejected", "overloaded"],
  unauthorized: ["13.2", 401, false, false, "rejected", "unauthorized"],
  forbidden: ["13.3", 403, false, false, "rejected", "scope"],
  unavailable: ["2.9", 200, false, true, "rejected", "unavailable"],
  unidentified: ["2.9", 200, false, true, "rejected", "unidentified"],
  failed: ["2.10", 500, false, true, "rejected", "failed"],
};

Deno.test("2.1–2.10 the table of outcomes is the contract's", () => {
  const table = Object.entries(OUTCOMES).map(([kind, meaning]) => {
    const { rule, error, tracked, sendAgain, counter, label } = meaning;
    const status = error === null ? 200 : toHttpStatus(new TRPCError({ code: error }));
    return [kind, [rule, status, tracked, sendAgain, counter, label]] as const;
  });
  assertEquals<unknown>(table, Object.entries(contract));
});

Deno.test("outcomes that are errors without a message of their own have one in the table", () => {
  const messages = Object.entries(OUTCOMES).filter(([, { message }]) => message !== null);
  assertEquals(messages.map(([kind]) => kind), ["unavailable", "unidentified", "failed"]);
});

Deno.test("the dashboard lists mistakes of clients, not failures of the service", () => {
  const mistakes = Object.entries(OUTCOMES).filter(([, { mistake }]) => mistake !== null);
  assertEquals(
    mistakes.map(([kind]) => kind),
    ["conflict", "invalid", "rule_violated", "too_large", "limited", "unauthorized", "forbidden"],
  );
});

Deno.test("an event that violates a business rule is labelled with that rule, any other with its kind's label", () => {
  assertEquals(
    outcomeLabel({ kind: "rule_violated", rule: "required_props", message: "" }),
    "required_props",
  );
  assertEquals(outcomeLabel({ kind: "duplicate" }), "fingerprint");
  assertEquals(outcomeLabel({ kind: "too_large", message: "" }), "too_large");
});
