/** Clicks on links to files. */

import {
  type About,
  clicked,
  type HelperPage,
  pageOrNothing,
  trackAbout,
  type Tracker,
  watch,
} from "./watch.ts";

/** Options of `trackDownloads`. */
export interface DownloadOptions extends About {
  /** @default "asset_downloaded" */
  readonly eventType?: "asset_downloaded" | "post_download_clicked" | undefined;
}

const FILE =
  /\.(7z|avi|csv|dmg|docx?|epub|exe|gz|jpe?g|json|mov|mp3|mp4|msi|odt|pdf|pkg|png|pptx?|psd|rar|svg|tar|tiff?|txt|wav|webm|xlsx?|xml|zip)$/i;

/**
 * Tracks clicks on links that have `download` or lead to a file: `{url, file_name, file_extension}`.
 *
 * @returns ends it
 */
export function trackDownloads(
  tracker: Tracker,
  options: DownloadOptions = {},
  page?: HelperPage,
): () => void {
  const window = pageOrNothing(page);
  if (!window) return () => {};
  const { eventType = "asset_downloaded", ...about } = options;
  const watching = watch(window);
  watching.on("click auxclick", (event) => {
    const link = clicked<HTMLAnchorElement>(event, "a[href]");
    if (!link) return;
    const { pathname } = new URL(link.href);
    const extension = FILE.exec(pathname)?.[1]?.toLowerCase();
    if (!extension && !link.hasAttribute("download")) return;
    trackAbout(tracker, eventType, about, {
      url: link.href,
      file_name: link.getAttribute("download") || pathname.split("/").pop(),
      ...(extension ? { file_extension: extension } : {}),
    });
  });
  return watching.stop;
}
