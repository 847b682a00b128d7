/** Creates the SDK where there is no document. */

import { createOn } from "../instance.ts";
import { checkOptions } from "../options.ts";
import { safely } from "../page.ts";
import { createDevice, type Platform } from "./device.ts";
import { checkNativeOptions, defaultSource } from "./options.ts";
import type { NativeAnalytics, NativeOptions } from "./types.ts";

/** Creates the SDK on a platform, which tests replace. */
export function createNative(options: NativeOptions, platform: Platform): NativeAnalytics {
  checkNativeOptions(options, platform);
  // Without a base: the `URL` of React Native appends to it what it does not take for a URL.
  const settings = checkOptions(options);
  const device = createDevice(options, platform);
  const source = options.source ?? defaultSource(platform);
  const analytics = createOn(device._page, { ...settings, source }, device._openStore);
  const lifetime = new AbortController();
  const unsubscribe = [watchApp(), watchNetwork()];

  function watchApp(): (() => void) | undefined {
    const subscription = safely(() =>
      options.appState?.addEventListener("change", (state) => {
        if (state === "active") device._dispatch("visibilitychange");
        if (state !== "background") return;
        device._save();
        analytics.flush(); // at once: timers do not run in the background
      })
    );
    return subscription && (() => subscription.remove());
  }

  function watchNetwork(): (() => void) | undefined {
    const { network } = options;
    const onOnline = () => device._dispatch("online");
    if (!network) {
      const { signal } = lifetime;
      safely(() => platform.addEventListener?.("online", onOnline, { signal }));
      return () => lifetime.abort();
    }
    let wasConnected: boolean | null = true;
    return safely(() =>
      network.addEventListener(({ isConnected }) => {
        if (isConnected && !wasConnected) onOnline();
        wasConnected = isConnected;
      })
    );
  }

  return {
    ...analytics,
    saved: () => device._saved(),
    async shutdown() {
      for (const end of unsubscribe) safely(() => end?.());
      const result = await analytics.shutdown();
      await device._saved();
      return result;
    },
  };
}
