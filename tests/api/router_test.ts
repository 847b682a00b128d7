/** `@sluice/api` has the types of the router itself: checked by the compiler, for both versions of tRPC. */

import type { inferRouterError, inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type * as v11 from "../../src/api/mod.ts";
import type { ErrorShape, ZodErrorData } from "../../src/api/types.ts";
import type * as v10 from "../../src/api/v10/mod.ts";
import type { AppRouter } from "../../src/trpc/app_router.ts";
import type { FlatZodError } from "../../src/events/schema.ts";
import { assertEquals } from "../support/assert.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
type Plain<T> = T extends (...args: never[]) => unknown ? T
  : T extends object ? { [K in keyof T]: Plain<T[K]> }
  : T;

/** Query, mutation or subscription, by name. */
type Kinds<Record> = {
  [Name in keyof Record]: Record[Name] extends { _def: { type: infer Kind } } ? Kind
    : Kinds<Record[Name]>;
};
type Kinds10<Record> = {
  [Name in keyof Record]: Record[Name] extends { _type: infer Kind } ? Kind
    : Record[Name] extends { _def: { record: infer Inner } } ? Kinds10<Inner>
    : never;
};
/** What a procedure takes and returns in tRPC 10, before it is serialized. */
type Inputs10<Record> = {
  [Name in keyof Record]: Record[Name] extends { _def: { _input_in: infer Input } } ? Input
    : Record[Name] extends { _def: { record: infer Inner } } ? Inputs10<Inner>
    : never;
};
type Outputs10<Record> = {
  [Name in keyof Record]: Record[Name] extends { _def: { _output_out: infer Output } } ? Output
    : Record[Name] extends { _def: { record: infer Inner } } ? Outputs10<Inner>
    : never;
};
type Inputs11<Record> = {
  [Name in keyof Record]: Record[Name] extends { _def: { $types: { input: infer Input } } } ? Input
    : Inputs11<Record[Name]>;
};
type Outputs11<Record> = {
  [Name in keyof Record]: Record[Name] extends { _def: { $types: { output: infer Output } } }
    ? Output
    : Outputs11<Record[Name]>;
};

type Real = AppRouter["_def"]["record"];
type Ours = v11.AppRouter["_def"]["record"];
type Ours10 = v10.AppRouter["_def"]["record"];
/** The links of tRPC 10 receive no SSE. */
type Real10 = Omit<Real, "admin"> & { admin: Omit<Real["admin"], "tail"> };
type RealError = Exclude<inferRouterError<AppRouter>, { json: unknown }>;

/** A property that is not `true` is what has changed: correct src/api. */
const types: {
  inputs: Equal<Plain<Inputs11<Ours>>, Plain<Inputs11<Real>>>;
  outputs: Equal<Plain<Outputs11<Ours>>, Plain<Outputs11<Real>>>;
  kinds: Equal<Kinds<Ours>, Kinds<Real>>;
  clientInputs: Equal<
    Plain<inferRouterInputs<v11.AppRouter>>,
    Plain<inferRouterInputs<AppRouter>>
  >;
  clientOutputs: Equal<
    Plain<inferRouterOutputs<v11.AppRouter>>,
    Plain<inferRouterOutputs<AppRouter>>
  >;
  subRouter: Equal<v11.EventIngestionRouter["_def"]["record"], Ours["eventIngestion"]>;
  inputs10: Equal<Plain<Inputs10<Ours10>>, Plain<Inputs11<Real10>>>;
  outputs10: Equal<Plain<Outputs10<Ours10>>, Plain<Outputs11<Real10>>>;
  kinds10: Equal<Plain<Kinds10<Ours10>>, Plain<Kinds<Real10>>>;
  errors: Equal<Plain<inferRouterError<v11.AppRouter>>, Plain<RealError>>;
  errors10: Equal<
    v10.AppRouter["_def"]["_config"]["$types"]["errorShape"] extends ErrorShape<string, number>
      ? true
      : false,
    true
  >;
  zodErrors: Equal<ZodErrorData, FlatZodError>;
} = {
  inputs: true,
  outputs: true,
  kinds: true,
  clientInputs: true,
  clientOutputs: true,
  subRouter: true,
  inputs10: true,
  outputs10: true,
  kinds10: true,
  errors: true,
  errors10: true,
  zodErrors: true,
};

Deno.test("the types of @sluice/api are those of the router, for tRPC 11 and 10", () => {
  assertEquals(new Set(Object.values(types)), new Set([true]));
});
