import { createTRPCClient, httpLink } from "@trpc/client";
import superjson from "superjson";
import type { root } from "./own.js";

const url = `http://localhost:${process.env.OWN_PORT}/root`;

/** A client of the own root, in which `eventIngestion` is mounted. */
export const caller = createTRPCClient<typeof root>({
  links: [httpLink({ url, headers: { "x-user": "u_own" }, transformer: superjson })],
});
