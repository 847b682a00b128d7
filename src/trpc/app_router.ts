/** What tRPC clients import: the router's type and no code. */

/**
 * The router's type, for `createTRPCClient<AppRouter>`. Taken from the module's type because
 * `deno doc --lint` requires everything that is named to be exported.
 */
export type AppRouter = (typeof import("./router.ts"))["appRouter"];
