import type { AppRouter } from "@sluice/api";
import { createTRPCReact } from "@trpc/react-query";

export type { AppRouter };
export const trpc = createTRPCReact<AppRouter>();
