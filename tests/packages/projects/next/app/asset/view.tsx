"use client";

import { useTrackView } from "@sluice/client/react";

export function View({ assetId }: { assetId: string }) {
  useTrackView("asset_viewed", { from: "next" }, { entityType: "asset", entityId: assetId });
  return <h1>An asset</h1>;
}
