/** A visitor searches for assets, views some and occasionally licenses one. */

import { makeCuid } from "../identifiers.ts";
import type { Step } from "../types.ts";
import type { Asset } from "../marketplace.ts";
import { atPageExit, pageView, type ScenarioContext, single } from "./context.ts";

const QUERIES = [
  "harbour at dawn",
  "hand lettering",
  "loopable ambient",
  "grain texture",
  "citrus",
];
const SORTS = ["newest", "popular", "price_asc"];

/** Search or browse, view assets, sometimes create a license and sign it. */
export function buyer(context: ScenarioContext): Step[] {
  const { random, marketplace } = context;
  const category = random.popular(marketplace.categories);
  const assets = Array.from(
    { length: random.whole(1, 4) },
    () => random.popular(marketplace.assets),
  );
  const chosen = assets.at(-1);
  return [
    ...(random.chance(0.5) ? [search(context)] : []),
    pageView(`/explore/${category.slug}`, context, { type: "category", id: category.id }),
    ...(random.chance(0.3) ? [filter(context)] : []),
    ...assets.flatMap((asset) => viewAsset(asset, context)),
    ...(random.chance(0.25) ? [callToAction(context)] : []),
    ...(chosen !== undefined && random.chance(0.22) ? license(chosen, context) : []),
  ];
}

function search({ random }: ScenarioContext): Step {
  return single({
    eventType: "search_performed",
    props: { query: random.popular(QUERIES), results_count: random.whole(0, 480), page: 1 },
  });
}

function filter({ random }: ScenarioContext): Step {
  return single({
    eventType: "filter_applied",
    props: { sort: random.pick(SORTS), max_price_cents: random.whole(10, 90) * 1000 },
  });
}

function callToAction({ random }: ScenarioContext): Step {
  return single({
    eventType: "cta_clicked",
    props: { cta: random.pick(["start_license", "contact_sales"]), position: "header" },
  });
}

function viewAsset(asset: Asset, context: ScenarioContext): Step[] {
  const { random } = context;
  const entity = { type: "asset" as const, id: asset.id };
  const viewed = {
    eventType: "asset_viewed" as const,
    entity,
    props: {
      view_duration_ms: random.whole(800, 95_000),
      asset_type: asset.kind,
      asset_category: asset.category,
    },
  };
  return [
    pageView(`/assets/${asset.slug}`, context, entity),
    // The duration is known only at the end, so some clients send the view at page exit.
    random.chance(0.3) ? atPageExit([viewed], [], random.whole(5_000, 9_000)) : single(viewed),
    ...(random.chance(0.1) ? [single({ eventType: "asset_shared", entity })] : []),
    ...(random.chance(0.08) ? [single({ eventType: "asset_downloaded", entity })] : []),
  ];
}

function license(asset: Asset, { random, nowMs }: ScenarioContext): Step[] {
  const entity = { type: "license" as const, id: makeCuid(random, nowMs) };
  const props = {
    license_id: entity.id,
    asset_id: asset.id,
    fee_cents: random.whole(20, 900) * 500,
    currency: random.pick(["EUR", "USD", "GBP"]),
    term_months: random.pick([6, 12, 24]),
  };
  return [
    single({ eventType: "license_clicked", entity: { type: "asset", id: asset.id } }),
    single({ eventType: "modal_opened", props: { modal: "license_terms" } }),
    single({ eventType: "license_created", entity, props }),
    ...(random.chance(0.6)
      ? [single({ eventType: "license_signed", entity, props, once: true })]
      : []),
  ];
}
