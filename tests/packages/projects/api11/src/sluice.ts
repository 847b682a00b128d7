import type { AppRouter } from "@sluice/api";
import { createTRPCClient, httpBatchLink } from "@trpc/client";

export const sluice = createTRPCClient<AppRouter>({
  links: [
    httpBatchLink({
      url: `${process.env.SLUICE_URL}/api/trpc`,
      headers: () => ({ authorization: `Bearer ${process.env.SLUICE_TOKEN}` }),
    }),
  ],
});
