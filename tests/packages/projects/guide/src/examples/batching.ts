import { trpc } from "@/lib/trpc";
import type { TrackEventInput } from "@/types/analytics";

export function useBatching() {
  const track = trpc.eventIngestion.track.useMutation();
  const trackBatch = trpc.eventIngestion.trackBatch.useMutation();
  const queuedEvents: TrackEventInput[] = [];

  function queueEvent(event: TrackEventInput) {
    queuedEvents.push(event);

    if (queuedEvents.length >= 20) {
      flushQueue();
    }
  }

  function flushQueue() {
    if (queuedEvents.length === 0) return;

    trackBatch.mutate({ events: [...queuedEvents] });
    queuedEvents.length = 0;
  }

  function trackEvent(event: TrackEventInput) {
    track.mutate(event);
  }
  return { queueEvent, trackEvent };
}
