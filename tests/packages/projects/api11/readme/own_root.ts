import type { AppRouter, TrackEventInput } from "@sluice/api";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";

export const t = initTRPC.context<Context>().create({ transformer: superjson });
