/** The tRPC client of the dashboard, and how its failures are worded. */

import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import type { AppRouter } from "../trpc/app_router.ts";

/** Path of the service: of this page without `/admin`, as a proxy may serve both under a prefix. */
export const SERVICE = (globalThis.location?.pathname ?? "").replace(/\/admin\/*$/, "");

/** Path of the tRPC router, on the page's own origin so that the cookie is sent. */
export const API_URL = `${SERVICE}/api/trpc`;

/** One request per call: batching would make each wait for the slowest. */
export const api = createTRPCClient<AppRouter>({ links: [httpLink({ url: API_URL })] });

/** Why a call failed. */
export interface Failure {
  /** `unavailable`: no response from the service; `rejected`: any other error response. */
  readonly kind: "unavailable" | "signed_out" | "forbidden" | "rejected";
  readonly message: string;
}

/** Classifies an error thrown by a call. */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof TRPCClientError) || error.data === null || error.data === undefined) {
    return { kind: "unavailable", message: "Sluice is not responding" };
  }
  const { message } = error;
  switch (error.data.httpStatus) {
    case 401:
      return { kind: "signed_out", message: "Your session has expired" };
    case 403:
      return {
        kind: "forbidden",
        message: "This requires the ADMIN role or another of AUTH_ADMIN_ROLES",
      };
    default:
      return { kind: "rejected", message };
  }
}
