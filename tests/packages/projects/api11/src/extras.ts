import type { AppRouter } from "@sluice/api";
import { MutationObserver, QueryClient } from "@tanstack/react-query";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { sluice } from "./sluice.js";
import "./first.js";

const queryClient = new QueryClient();
const trpc = createTRPCOptionsProxy<AppRouter>({ client: sluice, queryClient });

const stats = await queryClient.fetchQuery(trpc.eventIngestion.getStats.queryOptions());
const track = new MutationObserver(queryClient, trpc.eventIngestion.track.mutationOptions());
const { tracked } = await track.mutate({
  eventType: "form_submitted",
  sessionId: process.env.SESSION ?? null,
  props: { from: "tanstack", batchSize: stats.config.batchSize },
});
if (!tracked) throw new Error("not tracked");
