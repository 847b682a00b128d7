/** The document, and its schemas as functions that check values. */

import addFormats from "ajv-formats";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type ApiSettings, describeApi } from "../../src/openapi/document.ts";
import type { Document, ResponseObject } from "../../src/openapi/types.ts";

/** The description of a service with default settings. */
export function describeDefault(settings: Partial<ApiSettings> = {}): Document {
  return describeApi({ requiresKey: false, hasMetricsToken: false, ...settings });
}

/** Checks a value against a part of the document, which a JSON pointer names; `[]` if it is valid. */
export type Check = (pointer: string, value: unknown) => string[];

/** Creates the check. */
export function createCheck(document: Document): Check {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, "document");
  return function check(pointer, value) {
    const validate = ajv.compile({ $ref: `document#${encodeURI(pointer)}` });
    validate(value);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

/** A response that the document describes. */
export interface Described {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly status: number;
  readonly response: ResponseObject;
  /** Of its schema, if it is JSON. */
  readonly pointer: string;
}

/** All responses that a document describes. */
export function listResponses(document: Document): Described[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    (["get", "post"] as const).flatMap((method) =>
      Object.entries(item[method]?.responses ?? {}).map(([status, response]) => ({
        method: method === "get" ? "GET" as const : "POST" as const,
        path,
        status: Number(status),
        response,
        pointer: `/paths/${path.replaceAll("/", "~1")}/${method}/responses/${status}` +
          "/content/application~1json/schema",
      }))
    )
  );
}
