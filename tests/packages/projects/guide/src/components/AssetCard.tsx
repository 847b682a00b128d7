import type { Asset } from "@/lib/site";
import { useAnalytics } from "@/hooks/useAnalytics";
import { ENTITY_TYPES, EVENT_TYPES } from "@/types/analytics";

export function AssetCard({ asset }: { asset: Asset }) {
  const { track } = useAnalytics();

  const handleView = () => {
    track({
      eventType: EVENT_TYPES.ASSET_VIEWED,
      source: "web",
      entityId: asset.id,
      entityType: ENTITY_TYPES.ASSET,
      props: {
        view_duration_ms: 0,
        assetType: asset.type,
        assetCategory: asset.category,
      },
    });
  };

  return (
    <div onClick={handleView}>
    </div>
  );
}
