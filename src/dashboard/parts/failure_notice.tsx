/** Reports that a view cannot update; the data it already has stays visible. */

import type { Failure } from "../api.ts";
import { clock } from "../format.ts";
import { Icon } from "./icon.tsx";

/** One line, announced to screen readers. */
export function FailureNotice(
  { failure, since }: { readonly failure: Failure | null; readonly since: number | null },
) {
  return (
    <div role="status">
      {failure !== null && (
        <p class="failure">
          <Icon name="bad" />
          {failure.message}
          {since !== null && failure.kind === "unavailable" && ` since ${clock(since)}, retrying…`}
        </p>
      )}
    </div>
  );
}
