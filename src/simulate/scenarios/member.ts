/** Signed-in creators and brands at work. */

import { makeCuid } from "../identifiers.ts";
import type { Step } from "../types.ts";
import { pageView, type ScenarioContext, single } from "./context.ts";

/** A creator uploads assets and updates the profile. */
export function creator({ random, visitor, nowMs, ...context }: ScenarioContext): Step[] {
  const profileId = visitor.account?.profileId ?? null;
  const profile = profileId === null ? [] : [
    single({ eventType: "creator_profile_updated", entity: { type: "creator", id: profileId } }),
  ];
  const uploads = Array.from({ length: random.whole(0, 3) }, () => {
    const entity = { type: "asset" as const, id: makeCuid(random, nowMs) };
    const props = { bytes: random.whole(200_000, 48_000_000), content_type: "image/png" };
    return [
      single({ eventType: "asset_uploaded", entity, props }),
      single({ eventType: "asset_preview_generated", entity, source: "system" }),
    ];
  });
  return [
    single({ eventType: "user_logged_in", props: { method: "password" } }),
    pageView("/studio", { random, visitor, nowMs, ...context }),
    ...uploads.flat(),
    ...(random.chance(0.3) ? profile : []),
    ...(random.chance(0.2) ? [single({ eventType: "royalty_statement_reviewed" })] : []),
  ];
}

/** A brand creates a project and browses portfolios. */
export function brand(context: ScenarioContext): Step[] {
  const { random, marketplace, nowMs } = context;
  const project = { type: "project" as const, id: makeCuid(random, nowMs) };
  const portfolios = Array.from({ length: random.whole(1, 4) }, () => {
    const { id, slug } = random.popular(marketplace.creators);
    const entity = { type: "creator" as const, id };
    return [
      pageView(`/creators/${slug}`, context, entity),
      single({ eventType: "creator_portfolio_viewed", entity }),
    ];
  });
  return [
    single({ eventType: "user_logged_in", props: { method: "sso" } }),
    ...(random.chance(0.4)
      ? [
        single({
          eventType: "project_created",
          entity: project,
          props: { budget_cents: random.whole(10, 800) * 10_000 },
        }),
        single({ eventType: "project_started", entity: project }),
      ]
      : []),
    ...portfolios.flat(),
  ];
}
