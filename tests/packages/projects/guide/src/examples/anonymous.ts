import { getAnonymousSessionId } from "@/lib/site";
import { trpc } from "@/lib/trpc";
import { EVENT_TYPES } from "@/types/analytics";

export function useTrackAnonymously() {
  const trackEvent = trpc.eventIngestion.track.useMutation();
  return () => {
    trackEvent.mutate({
      eventType: EVENT_TYPES.PAGE_VIEWED,
      sessionId: getAnonymousSessionId(),
      props: {
        page: window.location.pathname,
      },
    });
  };
}
