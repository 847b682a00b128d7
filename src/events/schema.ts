/** The zod schema of an event (contract 4.1, 4.2, 4.6). Messages say what is accepted and what was given. */

import { z } from "zod";
import { ENTITY_TYPES, EVENT_SOURCES } from "./catalogue.ts";
import { shorten } from "./cut.ts";
import { findUnstorable } from "./storable.ts";

const MAX_ENTITY_ID = 255;
const MAX_SHOWN = 60;

/** Describes a value for a message, in at most 60 characters. */
function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return shorten(JSON.stringify(value), MAX_SHOWN);
}

/** The message of a value that is not what a field takes. */
export function must(takes: string): { error: (issue: { input?: unknown }) => string } {
  return { error: (issue) => `must be ${takes}, got ${describe(issue.input)}` };
}

function text(max: number) {
  const takes = must(`a string of at most ${max} characters`);
  return z.string(takes).max(max, takes);
}

function oneOf<const T extends Record<string, string>>(values: T) {
  return z.enum(values, must(`one of ${Object.values(values).join(", ")}`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A session or a key. */
export const uuid = z.guid(must("a UUID (8-4-4-4-12 hexadecimal digits)"));

const urlTakes = {
  error: ({ input }: { input?: unknown }) =>
    `must be an absolute URL or "", got ${
      describe(typeof input === "string" ? toPath(input) : input)
    }`,
};

/** Without what may be secret in a URL: messages are kept (contract 4.11). */
function toPath(text: string): string {
  return text.replace(/[?#].*/s, "?…").replace(/^([^/]*\/\/)[^/]*@/, "$1");
}
// Not a union of "" and z.url(), which takes twice as long.
const url = z.string(urlTakes).refine((value) => value === "" || URL.canParse(value), urlTakes);

const attribution = z.object({
  utmSource: text(255).optional(),
  utmMedium: text(255).optional(),
  utmCampaign: text(255).optional(),
  utmTerm: text(255).optional(),
  utmContent: text(255).optional(),
  referrer: url.optional(),
  landingPage: url.optional(),
}, must("an object"));

// Not z.record, which copies the object and drops a key named __proto__: plain data here.
const props = z.custom<Record<string, unknown>>(isObject, must("a JSON object"))
  .superRefine((value, context) => {
    const reason = findUnstorable(value);
    if (reason !== null) context.addIssue({ code: "custom", message: reason });
  });

const eventTypeTakes = must("a string of 1 to 100 characters");

/** The schema of an event with more fields than most senders may use. */
export function eventSchema<More extends z.ZodRawShape>(more: More) {
  return z.compile(
    z.object({
      eventType: z.string(eventTypeTakes).min(1, eventTypeTakes).max(100, eventTypeTakes),
      source: oneOf(EVENT_SOURCES).default("web"),
      // zod sets no limit, and a Postgres index entry has one; no CUID is this long.
      entityId: z.cuid(must("a CUID")).max(MAX_ENTITY_ID, must("a CUID")).optional(),
      entityType: oneOf(ENTITY_TYPES).optional(),
      sessionId: uuid.optional(),
      props: props.optional(),
      attribution: attribution.optional(),
      idempotencyKey: uuid.optional(),
      ...more,
    }, { error: ({ input }) => `event must be an object, got ${describe(input)}` }).refine(
      (event) => !("entityId" in event && event.entityId) || hasType(event),
      { error: "entityType is required when entityId is provided" },
    ),
  );
}

function hasType(event: object): boolean {
  return "entityType" in event && event.entityType !== undefined;
}

/** An event as a client sends it. Unknown top-level keys are ignored. */
export const trackEventSchema = eventSchema({});

/** An event that passed the schema. */
export type ParsedEvent = z.output<typeof trackEventSchema>;

/** The `data.zodError` of an error response (contract 2.5). */
export interface FlatZodError {
  readonly fieldErrors: Readonly<Record<string, readonly string[]>>;
  readonly formErrors: readonly string[];
}

/** Flattens a zod error into `{fieldErrors, formErrors}`. */
export function flattenZodError(error: z.ZodError): FlatZodError {
  const { fieldErrors, formErrors } = z.flattenError(error as z.ZodError<Record<string, unknown>>);
  return { fieldErrors: fieldErrors as Record<string, string[]>, formErrors };
}

/** Describes every violation in one line, each with its field. */
export function describeZodError(error: z.ZodError): string {
  return error.issues
    .map((issue) =>
      issue.path.length === 0 ? issue.message : `${issue.path.join(".")} ${issue.message}`
    )
    .join("; ");
}
