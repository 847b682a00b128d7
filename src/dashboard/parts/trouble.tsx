/** Says that a view has no news, and since when; what it had stays. */

import type { Failure } from "../api.ts";
import { clock } from "../format.ts";
import { Icon } from "./icon.tsx";

/** One line, told to whoever listens. */
export function Trouble(
  { failure, since }: { readonly failure: Failure | null; readonly since: number | null },
) {
  return (
    <div role="status">
      {failure !== null && (
        <p class="trouble">
          <Icon name="bad" />
          {failure.message}
          {since !== null && failure.kind === "away" && ` since ${clock(since)}; trying again`}
        </p>
      )}
    </div>
  );
}
