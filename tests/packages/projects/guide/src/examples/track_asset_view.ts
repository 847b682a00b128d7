import type { Asset } from "@/lib/site";
import { trpc } from "@/lib/trpc";
import { ENTITY_TYPES, EVENT_TYPES } from "@/types/analytics";

export function useTrackAssetView() {
  const trackEvent = trpc.eventIngestion.track.useMutation();
  function trackAssetView(asset: Asset) {
    if (!asset || !asset.id) {
      console.warn("Cannot track view for non-existent asset");
      return;
    }

    trackEvent.mutate({
      eventType: EVENT_TYPES.ASSET_VIEWED,
      entityId: asset.id,
      entityType: ENTITY_TYPES.ASSET,
    });
  }
  return trackAssetView;
}
