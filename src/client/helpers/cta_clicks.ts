/** Clicks on elements that the page's author has marked. */

import type { EntityType } from "../../events/catalogue.ts";
import { cut } from "../../events/cut.ts";
import type { Props } from "../types.ts";
import {
  findClicked,
  findPage,
  type HelperOptions,
  type HelperPage,
  type Tracker,
  trackWith,
  watch,
} from "./watch.ts";

/**
 * Tracks clicks on elements with `data-track`: its value is the event type (default: `cta_clicked`),
 * `data-track-entity-type` and `data-track-entity-id` are the entity, and any other
 * `data-track-some-name` is the prop `some_name`. The props `cta_type`, `cta_url` and `cta_text` are
 * taken from the element unless given.
 *
 * @returns a function that stops it
 *
 * @example
 * ```html
 * <a href="/pricing" data-track="post_cta_clicked" data-track-cta-type="banner">Prices</a>
 * ```
 */
export function trackCtaClicks(
  tracker: Tracker,
  options: HelperOptions = {},
  page?: HelperPage,
): () => void {
  const window = findPage(page);
  if (!window) return () => {};
  const watcher = watch(window);
  watcher._on("click auxclick", (event) => {
    const element = findClicked<HTMLElement>(event, "[data-track]");
    if (!element) return;
    const { track, ...data } = element.dataset;
    const props: Props = {
      cta_type: element.tagName.toLowerCase(),
      cta_url: (element as HTMLAnchorElement).href ?? "",
      cta_text: cut(element.textContent?.trim() ?? "", 100),
    };
    for (const [name, value] of Object.entries(data)) {
      if (/^track[A-Z]/.test(name)) props[toSnakeCase(name.slice("track".length))] = value;
    }
    const { entity_type, entity_id, ...rest } = props;
    const entity = entity_type
      ? { entityType: entity_type as EntityType, entityId: entity_id as string | undefined }
      : {};
    trackWith(tracker, track || "cta_clicked", { ...options, ...entity }, rest);
  });
  return watcher._stop;
}

/** `CtaType` to `cta_type`. */
function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter, at) => (at ? "_" : "") + letter.toLowerCase());
}
