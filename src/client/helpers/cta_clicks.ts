/** Clicks on what the page's author marked. */

import type { EntityType } from "../../events/catalogue.ts";
import type { Props } from "../types.ts";
import {
  type About,
  clicked,
  type HelperPage,
  pageOrNothing,
  trackAbout,
  type Tracker,
  watch,
} from "./watch.ts";

/**
 * Tracks clicks on elements with `data-track`: its value is the event type (`cta_clicked` where it is
 * empty), each further `data-track-some-name` the prop `some_name`, `data-track-entity-type` and
 * `data-track-entity-id` the entity. `cta_type` and `cta_url` are filled in where they are not given.
 *
 * @returns ends it
 *
 * @example
 * ```html
 * <a href="/pricing" data-track="post_cta_clicked" data-track-cta-type="banner">Prices</a>
 * ```
 */
export function trackCtaClicks(
  tracker: Tracker,
  about: About = {},
  page?: HelperPage,
): () => void {
  const window = pageOrNothing(page);
  if (!window) return () => {};
  const watching = watch(window);
  watching.on("click auxclick", (event) => {
    const marked = clicked<HTMLElement>(event, "[data-track]");
    if (!marked) return;
    const { track, ...given } = marked.dataset;
    const props: Props = {
      cta_type: marked.tagName.toLowerCase(),
      cta_url: (marked as HTMLAnchorElement).href ?? "",
      cta_text: marked.textContent?.trim().slice(0, 100),
    };
    for (const [name, value] of Object.entries(given)) {
      if (/^track[A-Z]/.test(name)) props[snakeCase(name.slice("track".length))] = value;
    }
    const { entity_type, entity_id, ...rest } = props;
    const entity = entity_type
      ? { entityType: entity_type as EntityType, entityId: entity_id as string | undefined }
      : {};
    trackAbout(tracker, track || "cta_clicked", { ...about, ...entity }, rest);
  });
  return watching.stop;
}

/** `CtaType` as `cta_type`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (deadLetter, at) => (at ? "_" : "") + deadLetter.toLowerCase());
}
