/** What tRPC clients import: the router's type and no code. */

// By way of the module's type: `deno doc --lint` would have a router that is named exported as well.
/** The router's type, for `createTRPCClient<AppRouter>`. */
export type AppRouter = (typeof import("./router.ts"))["appRouter"];
