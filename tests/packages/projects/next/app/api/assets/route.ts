import { sluice } from "@/lib/sluice";

export async function POST(request: Request): Promise<Response> {
  const { assetId } = await request.json() as { assetId: string };
  const entity = { entityType: "asset", entityId: assetId } as const;
  await sluice().track({ eventType: "asset_uploaded", props: { from: "next" }, ...entity });
  return Response.json({ uploaded: true });
}
