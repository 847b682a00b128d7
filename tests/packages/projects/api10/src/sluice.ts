import type { AppRouter } from "@sluice/api/v10";
import { createTRPCProxyClient, httpBatchLink } from "@trpc/client";

export const sluice = createTRPCProxyClient<AppRouter>({
  links: [
    httpBatchLink({
      url: `${process.env.SLUICE_URL}/api/trpc`,
      headers: () => ({ authorization: `Bearer ${process.env.SLUICE_TOKEN}` }),
    }),
  ],
});
