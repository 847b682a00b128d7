/** What an error carries. */

/** What is wrong with an input that violates the schema (contract 2.5). */
export interface ZodErrorData {
  readonly fieldErrors: Readonly<Record<string, readonly string[]>>;
  readonly formErrors: readonly string[];
}

/** An error as clients get it, with the codes of a version of tRPC: `error.shape`, and `error.data`. */
export interface ErrorShape<Code extends string, CodeNumber extends number> {
  message: string;
  code: CodeNumber;
  data: {
    code: Code;
    httpStatus: number;
    path?: string;
    zodError?: ZodErrorData;
  };
}
