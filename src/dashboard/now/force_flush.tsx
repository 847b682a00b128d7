/** The "Force flush" button and its result. */

import { useState } from "preact/hooks";
import { api, toFailure } from "../api.ts";

interface Result {
  readonly good: boolean;
  readonly message: string;
}

/** Calls `forceFlush` on click; clicks while it is running are ignored. */
export function ForceFlush({ onDone }: { readonly onDone: () => void }) {
  const [isWorking, setWorking] = useState(false);
  const [result, setResult] = useState<Result | null>(null);
  async function flush(): Promise<void> {
    if (isWorking) return;
    setWorking(true);
    setResult(null);
    setResult(
      await api.eventIngestion.forceFlush.mutate().then(
        ({ flushed, message }) => ({ good: flushed, message }),
        (error) => ({ good: false, message: toFailure(error).message }),
      ),
    );
    setWorking(false);
    onDone();
  }
  return (
    <div class="force-flush">
      <button type="button" onClick={flush} aria-disabled={isWorking}>
        {isWorking ? "Flushing…" : "Force flush"}
      </button>
      <p role="status" class={result?.good === false ? "bad" : ""}>{result?.message}</p>
    </div>
  );
}
