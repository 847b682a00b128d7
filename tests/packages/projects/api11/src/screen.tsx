import type { AppRouter } from "@sluice/api";
import { useMutation, useQuery } from "@tanstack/react-query";
import { createTRPCContext } from "@trpc/tanstack-react-query";

export const { TRPCProvider, useTRPC } = createTRPCContext<AppRouter>();

export function Screen() {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.eventIngestion.getStats.queryOptions());
  const { mutate, error } = useMutation(trpc.eventIngestion.track.mutationOptions());
  // @ts-expect-error an event has a type
  const invalid = () => mutate({ source: "web" });
  return (
    <button
      type="button"
      onClick={() => mutate({ eventType: "button_clicked" })}
      onBlur={invalid}
    >
      {data?.config.batchSize} {error?.data?.zodError?.fieldErrors.eventType}
    </button>
  );
}
