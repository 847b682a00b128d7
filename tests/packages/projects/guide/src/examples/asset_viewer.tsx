import { useEffect } from "react";
import { getAttributionData, getSessionId } from "@/hooks/useAnalytics";
import { trpc } from "@/lib/trpc";

function useTrackEvent() {
  const trackEvent = trpc.eventIngestion.track.useMutation({
    onSuccess: (data) => {
      console.log("Event tracked:", data);
    },
    onError: (error) => {
      console.error("Event tracking failed:", error);
    },
  });

  return trackEvent;
}

function AssetViewer({ assetId }: { assetId: string }) {
  const trackEvent = useTrackEvent();

  useEffect(() => {
    trackEvent.mutate({
      eventType: "asset_viewed",
      source: "web",
      entityId: assetId,
      entityType: "asset",
      sessionId: getSessionId(),
      props: {
        view_duration_ms: 0,
        referrer: document.referrer,
      },
      attribution: getAttributionData(),
    });
  }, [assetId]);

  return <div>Asset content...</div>;
}

export { AssetViewer };
