/** The schemas of an event: what zod says of itself, and in keywords and words what it cannot. */

import { z } from "zod";
import { eventOnBehalfSchema } from "../admission/on_behalf.ts";
import { MAX_EVENT_BYTES } from "../admission/admit.ts";
import { REQUIRED_PROPS } from "../events/catalogue.ts";
import { ID_TAKES } from "../events/id_text.ts";
import { MAX_DEPTH } from "../events/storable.ts";
import type { Schema } from "./types.ts";

/** The schema of an object. */
interface ObjectSchema extends Schema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

type Fields = Readonly<Record<string, Schema>>;

const NEEDED_PROPS = Object.entries(REQUIRED_PROPS)
  .map(([type, props]) => `\`${type}\`: ${props.map((prop) => `\`${prop}\``).join(", ")}`)
  .join("; ");

/** What zod does not say about the fields of an event. */
const EVENT: Fields = {
  eventType: {
    description: "A type of the catalogue, such as `page_viewed`. Others are accepted and marked " +
      "as unknown; with `STRICT_EVENT_TYPES` they are 412 (4.1).",
  },
  source: { description: "Where the event comes from; `web` unless given (4.8)." },
  entityId: { description: "What the event is about: a CUID. It requires `entityType` (4.2)." },
  entityType: { description: "What kind of thing `entityId` is." },
  sessionId: { description: "The visitor's session: a UUID." },
  props: {
    type: "object",
    additionalProperties: true,
    description: `Any JSON of at most ${MAX_DEPTH} levels (4.6). Without a prop that its type ` +
      `requires, an event is 412 (4.4): ${NEEDED_PROPS}. \`occurred_at\` is when the event ` +
      "happened, as ISO 8601, RFC 2822 or epoch milliseconds, at most 30 days ago, else 412 (4.3); " +
      "without it, that is when it was received.",
  },
  idempotencyKey: {
    description: "A UUID that makes the event count once, however often it is sent (5.3).",
  },
};

const TAG = { description: "A tag of the campaign." };
// Not `format: uri`, which an empty text is not, nor a URL with spaces, which browsers accept.
const URL_OR_EMPTY = {
  pattern: "^$|^[A-Za-z][A-Za-z0-9+.-]*:.",
  description: "An absolute URL, or empty (4.7). What may be secret in it is removed (4.11).",
};

const ATTRIBUTION: Fields = {
  utmSource: TAG,
  utmMedium: TAG,
  utmCampaign: TAG,
  utmTerm: TAG,
  utmContent: TAG,
  referrer: URL_OR_EMPTY,
  landingPage: URL_OR_EMPTY,
};

/** A number is accepted as well, but would make the type of a generated client's field a union. */
function id(of: string): Schema {
  return { type: "string", minLength: 1, maxLength: 255, description: `${of}: ${ID_TAKES}.` };
}

const CONTEXT: Fields = {
  userId: id("The user"),
  role: id("The user's role, such as `CREATOR`"),
  creatorId: id("The user's creator"),
  brandId: id("The user's brand"),
  sessionId: { description: "The visitor's session: a UUID. It counts before the event's own." },
  ip: { description: "The visitor's IP address, which is not stored (7.4)." },
  userAgent: { description: "The visitor's user agent, cut at 512 characters." },
};

/** Contract 4.2. */
const ENTITY_NEEDS_TYPE: Schema = {
  if: { properties: { entityId: { type: "string" } } },
  then: { properties: { entityType: { type: "string" } }, required: ["entityType"] },
};

/** The schemas of an event and of its parts. */
export function describeEvent(): Readonly<
  Record<
    "Event" | "EventSource" | "EntityType" | "EventProps" | "Attribution" | "EventContext",
    Schema
  >
> {
  const { properties, required = [] } = toSchema();
  const { source, entityType, props, attribution, context } = properties;
  return {
    Event: {
      type: "object",
      description: "One event. Unknown fields are ignored, and `null` for an optional one counts " +
        `as absent (4.9). As JSON it may have ${MAX_EVENT_BYTES} bytes, else 413 (2.7).`,
      properties: {
        ...describe(properties, EVENT, required),
        // By name: generators of clients would make a type of each alternative.
        source: orNull("EventSource"),
        entityType: orNull("EntityType"),
        props: orNull("EventProps"),
        attribution: orNull("Attribution"),
        // Anything: it is ignored unless the sender may say whose the event is.
        context: orAnything("EventContext"),
      },
      required,
      dependentSchemas: { entityId: ENTITY_NEEDS_TYPE },
    },
    EventSource: describeValues(source, "source"),
    EntityType: describeValues(entityType, "entityType"),
    EventProps: { ...props, ...EVENT["props"] },
    Attribution: {
      type: "object",
      description: "Where the visitor came from.",
      properties: describe((attribution as ObjectSchema).properties, ATTRIBUTION),
    },
    EventContext: {
      type: "object",
      description:
        "Whose event it is, if a server sends it on behalf of somebody. It counts only " +
        "with an API key that has the scope `ingest:as`, else it is ignored (13.7).",
      properties: describe((context as ObjectSchema).properties, CONTEXT),
    },
  };
}

/** Anything at all, of which clients should send what has a name; oapi-codegen makes a union without the hint. */
export function orAnything(name: string): Schema {
  return { anyOf: [refer(name), {}], "x-go-type": name };
}

function orNull(name: string): Schema {
  return { anyOf: [refer(name), { type: "null" }] };
}

function describeValues(field: Schema = {}, name: string): Schema {
  const { default: _, ...values } = field;
  return { ...values, ...EVENT[name] };
}

function toSchema(): ObjectSchema {
  const schema = z.toJSONSchema(eventOnBehalfSchema, {
    target: "draft-2020-12",
    io: "input",
    unrepresentable: "any", // `props` and ids, which are described here
  });
  return schema as unknown as ObjectSchema;
}

function refer(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function describe(fields: Fields, more: Fields, required: readonly string[] = []): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => {
      const field = { ...schema, ...more[name] };
      return [name, required.includes(name) ? field : nullable(field)];
    }),
  );
}

/** Contract 4.9. Formats that only zod knows are left out: their pattern says the same. */
function nullable({ type, format, ...others }: Schema): Schema {
  return { type: [type, "null"], ...(format === "uuid" ? { format } : {}), ...others };
}
