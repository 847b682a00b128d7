import { createTRPCReact } from "@trpc/react-query";
import { initTRPC } from "@trpc/server";
import type { WithEventIngestion } from "@/lib/trpc";

const t = initTRPC.create();
const ownRouter = t.router({ hello: t.procedure.query(() => ({ at: "own" })) });

const api = createTRPCReact<WithEventIngestion<typeof ownRouter>>();

export function Screen() {
  const { data: hello } = api.hello.useQuery();
  const { data: stats } = api.eventIngestion.getStats.useQuery();
  const { mutate } = api.eventIngestion.track.useMutation();
  // @ts-expect-error an event has a type
  const invalid = () => mutate({ source: "web" });
  return (
    <button
      type="button"
      onClick={() => mutate({ eventType: "cta_clicked" })}
      onBlur={invalid}
    >
      {hello?.at.toUpperCase()} {stats?.config.batchSize.toFixed()}
    </button>
  );
}
