import { trpc } from "@/lib/trpc";
import { EVENT_TYPES } from "@/types/analytics";
import { debounce } from "lodash";

export function useTrackScrollDebounced() {
  const trackEvent = trpc.eventIngestion.track.useMutation();

  const trackScrollDebounced = debounce((depth: number) => {
    trackEvent.mutate({
      eventType: EVENT_TYPES.POST_SCROLL_DEPTH,
      props: { scrollDepthPercentage: depth },
    });
  }, 1000);
  return trackScrollDebounced;
}
