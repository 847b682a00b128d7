/** The live connection: a tRPC subscription over server-sent events, with its liveness. */

import { createTRPCClient, httpSubscriptionLink } from "@trpc/client";
import type { EventFilter, TailUpdate } from "../../admin/schema/events.ts";
import type { AppRouter } from "../../trpc/app_router.ts";
import { API_URL } from "../api.ts";

/** Callbacks of `openStream`. */
export interface StreamListener {
  onUpdate(update: TailUpdate): void;
  /** Data or a ping arrived. */
  onAlive(): void;
  /** The connection broke or could not be opened; the browser reconnects by itself. */
  onBroken(): void;
  /** The stream ended and will not be resumed. */
  onEnd(): void;
}

/** Subscribes to the tail, from `lastEventId` on if given. @returns a function that closes it */
export function openStream(
  filter: EventFilter,
  lastEventId: string | null,
  { onUpdate, onAlive, onBroken, onEnd }: StreamListener,
): () => void {
  class ObservedEventSource extends EventSource {
    constructor(url: string | URL, init?: EventSourceInit) {
      super(url, init);
      for (const name of ["connected", "ping", "message"]) this.addEventListener(name, onAlive);
    }
  }
  const client = createTRPCClient<AppRouter>({
    links: [httpSubscriptionLink({ url: API_URL, EventSource: ObservedEventSource })],
  });
  const subscription = client.admin.tail.subscribe({ ...filter, lastEventId }, {
    onData: ({ data }) => onUpdate(data),
    onConnectionStateChange({ state, error }) {
      if (state === "connecting" && error !== null) onBroken();
    },
    onError: end,
    onComplete: end,
  });
  let isClosed = false;
  function end(): void {
    if (!isClosed) onEnd(); // otherwise closed by the caller
  }
  return () => {
    isClosed = true;
    subscription.unsubscribe();
  };
}
