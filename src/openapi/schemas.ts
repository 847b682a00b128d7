/** The schemas of requests and responses. */

import { MAX_BATCH_EVENTS } from "../trpc/router.ts";
import { describeEvent, orAnything } from "./event_schema.ts";
import type { Reference, Schema } from "./types.ts";

/** Refers to a schema by name. */
export function schemaOf(name: keyof ReturnType<typeof describeSchemas>): Reference & Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const TEXTS: Schema = { type: "array", items: { type: "string" } };
const PART: Schema = { type: "string", description: "`ok`, or what is wrong." };

function strict(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, required, additionalProperties: false };
}

const TRACKED: Schema = {
  ...strict({
    eventId: {
      type: ["string", "null"],
      format: "uuid",
      description: "The id of the row, in the response to a replay (2.3); else `null`.",
    },
    tracked: {
      type: "boolean",
      description:
        "`true`: the event is durable. `false`: it is not stored and has to be sent again (2.9).",
    },
  }),
  description: "The result of one event.",
};

const ZOD_ERROR: Schema = {
  ...strict({
    fieldErrors: { type: "object", additionalProperties: TEXTS, description: "Messages by field." },
    formErrors: { ...TEXTS, description: "Messages about the body as a whole." },
  }),
  description: "What is invalid, by field (2.5).",
};

/** Not `maxItems`, as more are 413, where validators of clients would expect 400. */
const BATCH: Schema = {
  type: "object",
  description: `1 to ${MAX_BATCH_EVENTS} events; more are 413 (3.1). Each stands alone: ` +
    "what is no event is rejected by itself (3.2).",
  properties: {
    events: {
      type: "array",
      items: orAnything("Event"),
      minItems: 1,
      description: "The events.",
    },
  },
  required: ["events"],
};

/** All schemas by name. */
export function describeSchemas() {
  return {
    ...describeEvent(),
    Batch: BATCH,
    Tracked: TRACKED,
    BatchTracked: {
      ...strict({
        total: { type: "integer", description: "How many events the batch had." },
        successful: { type: "integer", description: "How many are durable, duplicates included." },
        failed: { type: "integer", description: "How many were rejected." },
        results: { type: "array", items: { $ref: "#/components/schemas/BatchResult" } },
      }),
      description: "The results of a batch, in the order of its events (3.2).",
    },
    BatchResult: {
      ...strict({
        index: { type: "integer", description: "The place of the event in the batch, from 0." },
        status: {
          type: "string",
          enum: ["fulfilled", "rejected"],
          description: "`fulfilled`: `data` is there. `rejected`: `error` is.",
        },
        data: {
          anyOf: [{ $ref: "#/components/schemas/Tracked" }, { type: "null" }],
          description: "`null` if the event was rejected.",
        },
        error: {
          type: ["string", "null"],
          description: "Why it was rejected. It ends with `; send it again`, or with `; send it " +
            "again in N s`, only if that may help.",
        },
      }),
      description: "The result of one event of a batch.",
    },
    Error: {
      ...strict({
        code: { type: "string", description: "The kind of error, such as `BAD_REQUEST`." },
        message: { type: "string", description: "Names the field or rule, for people." },
        data: strict({ zodError: { $ref: "#/components/schemas/ZodError" } }),
      }, ["data"]),
      description: "An error. `data` is there if the event violates its schema.",
    },
    ZodError: ZOD_ERROR,
    Liveness: {
      ...strict({
        status: { type: "string", const: "ok", description: "The process runs." },
        version: { type: "string", description: "The version of the service." },
      }),
      description: "That the process runs.",
    },
    Readiness: {
      ...strict({
        status: {
          type: "string",
          enum: ["ok", "degraded", "down", "stopping"],
          description: "`degraded`: tracking continues. `down`: it does not. `stopping`: soon.",
        },
        kv: PART,
        postgres: PART,
        flush: PART,
        enrichment: PART,
        notice: { type: "string", description: "KV may have been emptied or replaced (11.10)." },
      }, ["notice"]),
      description: "The state of each part.",
    },
  } as const satisfies Readonly<Record<string, Schema>>;
}
