import type { WithEventIngestion } from "@sluice/api";
import { createTRPCClient, httpBatchLink, splitLink } from "@trpc/client";
import superjson from "superjson";
import type { ownRouter } from "./own.js";

type OwnRouter = typeof ownRouter;
