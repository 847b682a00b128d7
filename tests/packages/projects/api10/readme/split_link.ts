import type { WithEventIngestion } from "@sluice/api/v10";
import { createTRPCProxyClient, httpBatchLink, splitLink, type TRPCLink } from "@trpc/client";
import superjson from "superjson";
import type { ownRouter } from "./own.js";

type OwnRouter = typeof ownRouter;
