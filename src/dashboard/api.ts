/** The project's own tRPC client, and in words what can go wrong with it. */

import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import type { AppRouter } from "../trpc/router.ts";

/** Where the router is, on this origin; the cookie goes along. */
export const API_URL = "/api/trpc";

/** Calls procedures, each by a request of its own: none waits for a slow neighbour. */
export const api = createTRPCClient<AppRouter>({ links: [httpLink({ url: API_URL })] });

/** Why a call has no answer. */
export interface Failure {
  /** `away`: the service does not answer; `refused`: it answered, and no. */
  readonly kind: "away" | "signed_out" | "forbidden" | "refused";
  readonly message: string;
}

/** An error as a failure. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof TRPCClientError) || error.data === null || error.data === undefined) {
    return { kind: "away", message: "Sluice does not answer" };
  }
  const { message } = error;
  switch (error.data.httpStatus) {
    case 401:
      return { kind: "signed_out", message: "Your sign-in is over" };
    case 403:
      return { kind: "forbidden", message: "Your role may not see this; it needs ADMIN" };
    default:
      return { kind: "refused", message };
  }
}
