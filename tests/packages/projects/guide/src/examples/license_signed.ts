import { trpc } from "@/lib/trpc";
import { ENTITY_TYPES, EVENT_TYPES } from "@/types/analytics";
import { v4 as uuidv4 } from "uuid";

export function useTrackLicenseSigned() {
  const trackEvent = trpc.eventIngestion.track.useMutation();

  function trackLicenseSigned(licenseId: string) {
    const idempotencyKey = uuidv4();

    localStorage.setItem(`license_signed_${licenseId}`, idempotencyKey);

    trackEvent.mutate({
      eventType: EVENT_TYPES.LICENSE_SIGNED,
      entityId: licenseId,
      entityType: ENTITY_TYPES.LICENSE,
      idempotencyKey,
      props: {
        license_id: licenseId,
      },
    });
  }
  return trackLicenseSigned;
}
