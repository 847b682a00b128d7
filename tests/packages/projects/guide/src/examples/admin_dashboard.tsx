import { trpc } from "@/lib/trpc";
import { isAdmin } from "@/lib/site";

function AdminDashboard() {
  const { data } = trpc.eventIngestion.getStats.useQuery(
    {},
    {
      refetchInterval: 5000,
      enabled: isAdmin,
    },
  );

  return (
    <div>
      <h3>Event Ingestion Pipeline</h3>
      <p>Buffer Size: {data?.bufferSize ?? 0} events</p>
      <p>Status: {data?.isProcessing ? "Flushing..." : "Ready"}</p>
    </div>
  );
}

export { AdminDashboard };
