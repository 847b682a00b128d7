import { trpc } from "@/lib/trpc";
import { EVENT_TYPES } from "@/types/analytics";
import { useCallback } from "react";
import { debounce } from "lodash";

function useDebouncedEventTracking() {
  const trackEvent = trpc.eventIngestion.track.useMutation();

  const trackScrollDepth = useCallback(
    debounce((depth: number) => {
      trackEvent.mutate({
        eventType: EVENT_TYPES.POST_SCROLL_DEPTH,
        props: { scrollDepthPercentage: depth },
      });
    }, 1000),
    [],
  );

  return { trackScrollDepth };
}

export { useDebouncedEventTracking };
