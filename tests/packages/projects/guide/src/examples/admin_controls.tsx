import { trpc } from "@/lib/trpc";
import { toast } from "@/lib/site";

function AdminControls() {
  const forceFlush = trpc.eventIngestion.forceFlush.useMutation({
    onSuccess: () => {
      toast.success("Event buffer flushed successfully");
    },
  });

  return (
    <button onClick={() => forceFlush.mutate({})}>
      Force Flush Buffer
    </button>
  );
}

export { AdminControls };
