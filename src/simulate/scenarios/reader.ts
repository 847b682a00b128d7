/** A visitor reads a post, sometimes to the end. */

import type { Draft, Step } from "../types.ts";
import { atPageExit, pageView, type ScenarioContext, single } from "./context.ts";

const DEPTHS = [25, 50, 75, 100];
const CTAS = [
  { cta_type: "newsletter", cta_url: "https://www.gallery.example/newsletter" },
  { cta_type: "explore", cta_url: "https://www.gallery.example/explore" },
];

/** View, scroll, engage; queued events are sent in a beacon as the page is left. */
export function reader(context: ScenarioContext): Step[] {
  const { random, marketplace } = context;
  const post = random.popular(marketplace.posts);
  const entity = { type: "post" as const, id: post.id };
  const postEvent = (eventType: Draft["eventType"], props: Draft["props"] = {}): Draft => ({
    eventType,
    entity,
    props: { post_id: post.id, ...props },
  });
  const depths = DEPTHS.slice(0, random.whole(0, DEPTHS.length));
  const finished = depths.length === DEPTHS.length;
  const gaps = depths.map(() => random.whole(4_000, 38_000));
  const readMs = gaps.reduce((sum, gap) => sum + gap, 0) + random.whole(2_000, 6_000);
  const queued = [
    ...depths.map((depth) => postEvent("post_scroll_depth", { scroll_depth_percentage: depth })),
    ...(finished ? [postEvent("post_read_complete", { time_to_complete_ms: readMs })] : []),
    depths.length === 0
      ? postEvent("post_bounce", { time_on_page_ms: readMs })
      : postEvent("post_engagement_time", { engagement_ms: Math.round(readMs * 0.8) }),
    postEvent("post_page_exit", { time_on_page_ms: readMs }),
  ];
  return [
    pageView(`/journal/${post.slug}`, context, entity),
    single(postEvent("post_viewed", { title: post.slug.replaceAll("-", " ") })),
    ...(random.chance(0.15) ? [single(postEvent("post_cta_clicked", random.pick(CTAS)))] : []),
    ...(finished && random.chance(0.3) ? [single(postEvent("post_like_clicked"))] : []),
    ...(finished && random.chance(0.1)
      ? [single(postEvent("post_social_share_clicked", { network: "pinterest" }))]
      : []),
    atPageExit(queued, gaps, random.whole(5_000, 7_000)),
  ];
}
