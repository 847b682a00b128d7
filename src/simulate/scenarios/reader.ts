/** Somebody reads a post, to the end or not. */

import type { Draft, Step } from "../types.ts";
import { atPageExit, pageView, type ScenarioContext, single } from "./context.ts";

const DEPTHS = [25, 50, 75, 100];
const CTAS = [
  { cta_type: "newsletter", cta_url: "https://www.gallery.example/newsletter" },
  { cta_type: "explore", cta_url: "https://www.gallery.example/explore" },
];

/** View, scroll, engage; what was queued goes out with a beacon as the page is left. */
export function reader(context: ScenarioContext): Step[] {
  const { random, world } = context;
  const post = random.popular(world.posts);
  const entity = { type: "post" as const, id: post.id };
  const tell = (eventType: Draft["eventType"], props: Draft["props"] = {}): Draft => ({
    eventType,
    entity,
    props: { post_id: post.id, ...props },
  });
  const depths = DEPTHS.slice(0, random.whole(0, DEPTHS.length));
  const finished = depths.length === DEPTHS.length;
  const gaps = depths.map(() => random.whole(4_000, 38_000));
  const readMs = gaps.reduce((sum, gap) => sum + gap, 0) + random.whole(2_000, 6_000);
  const queued = [
    ...depths.map((depth) => tell("post_scroll_depth", { scroll_depth_percentage: depth })),
    ...(finished ? [tell("post_read_complete", { time_to_complete_ms: readMs })] : []),
    depths.length === 0
      ? tell("post_bounce", { time_on_page_ms: readMs })
      : tell("post_engagement_time", { engagement_ms: Math.round(readMs * 0.8) }),
    tell("post_page_exit", { time_on_page_ms: readMs }),
  ];
  return [
    pageView(`/journal/${post.slug}`, context, entity),
    single(tell("post_viewed", { title: post.slug.replaceAll("-", " ") })),
    ...(random.chance(0.15) ? [single(tell("post_cta_clicked", random.pick(CTAS)))] : []),
    ...(finished && random.chance(0.3) ? [single(tell("post_like_clicked"))] : []),
    ...(finished && random.chance(0.1)
      ? [single(tell("post_social_share_clicked", { network: "pinterest" }))]
      : []),
    atPageExit(queued, gaps, random.whole(5_000, 7_000)),
  ];
}
