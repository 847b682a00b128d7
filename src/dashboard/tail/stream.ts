/** The live connection: tRPC's subscription by server-sent events, and whether it is alive. */

import { createTRPCClient, httpSubscriptionLink } from "@trpc/client";
import type { EventFilter, TailUpdate } from "../../admin/schema.ts";
import type { AppRouter } from "../../trpc/router.ts";
import { API_URL } from "../api.ts";

/** What a stream tells. */
export interface StreamListener {
  onUpdate(update: TailUpdate): void;
  /** Something arrived, be it a ping. */
  onAlive(): void;
  /** The connection broke or could not be made; the browser tries again by itself. */
  onBroken(): void;
  /** It is over, and nobody tries again. */
  onEnd(): void;
}

/** Follows the tail, after `lastEventId` where that is known. @returns what ends it */
export function openStream(
  filter: EventFilter,
  lastEventId: string | null,
  { onUpdate, onAlive, onBroken, onEnd }: StreamListener,
): () => void {
  class WatchedEventSource extends EventSource {
    constructor(url: string | URL, init?: EventSourceInit) {
      super(url, init);
      for (const name of ["connected", "ping", "message"]) this.addEventListener(name, onAlive);
    }
  }
  const client = createTRPCClient<AppRouter>({
    links: [httpSubscriptionLink({ url: API_URL, EventSource: WatchedEventSource })],
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
    if (!isClosed) onEnd(); // else it ends because it was told to
  }
  return () => {
    isClosed = true;
    subscription.unsubscribe();
  };
}
