/** The parts of an OpenAPI 3.1 document that this service has. */

/** A JSON Schema, draft 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;

/** An example of a body. */
export interface Example {
  readonly summary: string;
  readonly value: unknown;
}

/** Examples by name. */
export type Examples = Readonly<Record<string, Example>>;

/** A reference to a part of `components`. */
export interface Reference {
  readonly $ref: string;
}

/** A header of a response. */
export interface Header {
  readonly description: string;
  readonly schema: Schema;
}

/** A body by content type. */
export type Content = Readonly<
  Record<string, { readonly schema?: Schema; readonly examples?: Examples }>
>;

/** One response of an operation. */
export interface ResponseObject {
  readonly description: string;
  readonly headers?: Readonly<Record<string, Header | Reference>>;
  readonly content?: Content;
}

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: "query";
  readonly required: boolean;
  readonly description: string;
  readonly schema: Schema;
  readonly example?: unknown;
}

/** What a caller has to send along: a security scheme's name, or nothing. */
export type Security = readonly Readonly<Record<string, readonly string[]>>[];

/** One method of a path. */
export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security: Security;
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: {
    readonly required: true;
    readonly description?: string;
    readonly content: Content;
  };
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

/** The document. */
export interface Document {
  readonly openapi: "3.1.1";
  readonly info: Readonly<Record<string, unknown>>;
  readonly servers: readonly Readonly<Record<string, string>>[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, { readonly get?: Operation; readonly post?: Operation }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly headers: Readonly<Record<string, Header>>;
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
}
