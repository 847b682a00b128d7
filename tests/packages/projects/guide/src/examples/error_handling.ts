import { queueEventForLater, retryWithBackoff } from "@/lib/site";
import { trpc } from "@/lib/trpc";
import { TRPCClientError } from "@trpc/client";

function useAnalyticsTracking() {
  const trackEvent = trpc.eventIngestion.track.useMutation({
    onError: (error) => {
      if (error instanceof TRPCClientError) {
        switch (error.data?.code) {
          case "BAD_REQUEST":
            console.error("Invalid event data:", error.message);
            if (error.data?.zodError) {
              console.error("Validation errors:", error.data.zodError);
            }
            break;

          case "UNAUTHORIZED":
            queueEventForLater();
            break;

          case "FORBIDDEN":
            console.warn("Permission denied for event tracking");
            break;

          case "TOO_MANY_REQUESTS":
            retryWithBackoff();
            break;

          case "INTERNAL_SERVER_ERROR":
          case "TIMEOUT":
            retryWithBackoff();
            break;

          default:
            console.error("Unknown error tracking event:", error);
        }
      }
    },
  });

  return trackEvent;
}

export { useAnalyticsTracking };
