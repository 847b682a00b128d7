import { queueFailedEvent, toast } from "@/lib/site";
import { trpc } from "@/lib/trpc";
import type { TrackEventInput } from "@/types/analytics";

export function useSilentErrors() {
  const trackEvent = trpc.eventIngestion.track.useMutation();
  return (eventData: TrackEventInput) => {
    trackEvent.mutate(eventData, {
      onError: (error) => {
        toast.error("Failed to track event");
      },
    });

    trackEvent.mutate(eventData, {
      onError: (error) => {
        console.error("[Analytics] Event tracking failed:", error);

        queueFailedEvent(eventData);
      },
    });
  };
}
