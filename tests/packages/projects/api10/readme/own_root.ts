import type { AppRouter, TrackEventInput } from "@sluice/api/v10";
import { createTRPCProxyClient, httpLink, TRPCClientError } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";

export const t = initTRPC.context<Context>().create({ transformer: superjson });
