import type { AppRouter } from "@sluice/api/v10";
import { createTRPCReact } from "@trpc/react-query";

export type { AppRouter };
export const trpc = createTRPCReact<AppRouter>();
