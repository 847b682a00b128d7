/** The description of the REST endpoints, in OpenAPI 3.1. */

import { VERSION } from "../version.ts";
import { describePaths } from "./operations.ts";
import { HEADERS } from "./responses.ts";
import { describeSchemas } from "./schemas.ts";
import type { Document, Security } from "./types.ts";

/** What settings change in the description. */
export interface ApiSettings {
  /** `REQUIRE_KEY`: whether events of anonymous senders are refused. */
  readonly requiresKey: boolean;
  /** Whether `/metrics` requires `METRICS_TOKEN`. */
  readonly hasMetricsToken: boolean;
}

const DESCRIPTION =
  `Sends events to Sluice: each becomes exactly one row in Postgres. \`tracked: true\` means that the event is
durable before the response is sent.

Numbers in parentheses are rules of the contract, src/CONTRACT.md. Errors are \`{code, message}\`, and the message
names the field or the rule. A path that does not exist is 404, a method that it does not accept 405, with the accepted
ones in \`Allow\`. Send a request again after 408, 429 and 500, or if \`tracked\` is \`false\`: an event with an
idempotency key counts once, however often it is sent.

Statistics and administration are procedures of tRPC at \`/api/trpc\`, and are not described here.`;

const CREDENTIALS = [{ apiKey: [] }, { bearer: [] }];

/** Describes the REST endpoints. */
export function describeApi({ requiresKey, hasMetricsToken }: ApiSettings): Document {
  const events: Security = requiresKey ? CREDENTIALS : [{}, ...CREDENTIALS];
  return {
    openapi: "3.1.1",
    info: {
      title: "Sluice",
      version: VERSION,
      summary: "Event ingestion for product analytics",
      description: DESCRIPTION,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "This service" }],
    tags: [
      { name: "Events", description: "Sending events." },
      { name: "Operation", description: "Health and metrics." },
    ],
    paths: describePaths({ events, metrics: hasMetricsToken ? [{ metricsToken: [] }] : [] }),
    components: {
      schemas: describeSchemas(),
      headers: HEADERS,
      securitySchemes: {
        apiKey: {
          type: "apiKey",
          in: "header",
          name: "X-Api-Key",
          description: "An API key, which begins with `sluice_key_` (13.1).",
        },
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "An API key, or the JWT of a user. A JWT that is not accepted is ignored: " +
            "the event is stored as anonymous (6.2).",
        },
        ...(hasMetricsToken
          ? {
            metricsToken: {
              type: "http",
              scheme: "bearer",
              description: "`METRICS_TOKEN` (12.5).",
            },
          }
          : {}),
      },
    },
  };
}
