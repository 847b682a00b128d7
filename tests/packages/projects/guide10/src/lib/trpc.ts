import type { AppRouter, WithEventIngestion } from "@sluice/api/v10";
import { createTRPCReact } from "@trpc/react-query";

export type { AppRouter, WithEventIngestion };
export const trpc = createTRPCReact<AppRouter>();
