/** What tRPC clients import: the router's type and no code. */

export type { AppRouter } from "./router.ts";
