import { isAdmin } from "@/lib/site";
import { trpc } from "@/lib/trpc";

export function usePolling() {
  const { data } = trpc.eventIngestion.getStats.useQuery(
    {},
    {
      refetchInterval: 30000,
      enabled: isAdmin,
    },
  );
  return data;
}
