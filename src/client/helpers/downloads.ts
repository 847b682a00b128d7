/** Clicks on links to files. */

import {
  findClicked,
  findPage,
  type HelperOptions,
  type HelperPage,
  type Tracker,
  trackWith,
  watch,
} from "./watch.ts";

/** Options of `trackDownloads`. */
export interface DownloadOptions extends HelperOptions {
  /** The event type to track. @default "asset_downloaded" */
  readonly eventType?: "asset_downloaded" | "post_download_clicked" | undefined;
}

const FILE =
  /\.(7z|avi|csv|dmg|docx?|epub|exe|gz|jpe?g|json|mov|mp3|mp4|msi|odt|pdf|pkg|png|pptx?|psd|rar|svg|tar|tiff?|txt|wav|webm|xlsx?|xml|zip)$/i;

/**
 * Tracks clicks on links that have the attribute `download` or lead to a file, with
 * `{url, file_name, file_extension}`.
 *
 * @returns a function that stops it
 */
export function trackDownloads(
  tracker: Tracker,
  options: DownloadOptions = {},
  page?: HelperPage,
): () => void {
  const window = findPage(page);
  if (!window) return () => {};
  const { eventType = "asset_downloaded", ...rest } = options;
  const watcher = watch(window);
  watcher._on("click auxclick", (event) => {
    const link = findClicked<HTMLAnchorElement>(event, "a[href]");
    if (!link) return;
    const { pathname } = new URL(link.href);
    const extension = FILE.exec(pathname)?.[1]?.toLowerCase();
    if (!extension && !link.hasAttribute("download")) return;
    trackWith(tracker, eventType, rest, {
      url: link.href,
      file_name: link.getAttribute("download") || pathname.split("/").pop(),
      ...(extension ? { file_extension: extension } : {}),
    });
  });
  return watcher._stop;
}
