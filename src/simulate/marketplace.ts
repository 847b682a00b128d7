/** The items of the simulated marketplace: always the same, whatever the seed, so that runs add up in reports. */

import { makeCuid } from "./identifiers.ts";
import { Random } from "./random.ts";

const FOUNDED = Date.UTC(2025, 0, 15);

/** The address of the simulated site. */
export const SITE = "https://www.gallery.example";

/** An item that has its own page. */
export interface Item {
  readonly id: string;
  readonly slug: string;
}

/** An asset, with its kind and category. */
export interface Asset extends Item {
  readonly kind: string;
  readonly category: string;
}

/** Every item that visitors can look at. */
export interface Marketplace {
  readonly assets: readonly Asset[];
  readonly categories: readonly Item[];
  readonly creators: readonly Item[];
  readonly brands: readonly Item[];
  readonly projects: readonly Item[];
  readonly posts: readonly Item[];
}

const CATEGORIES = ["photography", "illustration", "video", "music", "typefaces", "3d", "textures"];
const KINDS = ["image", "image", "image", "video", "audio", "vector"];
const ADJECTIVES = ["quiet", "golden", "northern", "paper", "velvet", "electric", "salt", "early"];
const NOUNS = ["harbour", "orchard", "skyline", "garden", "mirror", "tide", "market", "lantern"];
const POSTS = [
  "how-licensing-works",
  "pricing-your-work",
  "ten-briefs-that-worked",
  "royalties-explained",
  "what-brands-look-for",
  "colour-in-campaigns",
  "from-brief-to-signature",
  "a-year-of-numbers",
  "protecting-originals",
  "exclusive-or-not",
];

/** Creates the marketplace; every call returns the same items. */
export function createMarketplace(): Marketplace {
  const random = new Random(20_250_115);
  const item = (slug: string): Item => ({ id: makeCuid(random, FOUNDED), slug });
  const items = (count: number, name: string) =>
    Array.from({ length: count }, (_, i) => item(`${name}-${i + 1}`));
  return {
    assets: Array.from({ length: 240 }, (_, i) => ({
      ...item(`${random.pick(ADJECTIVES)}-${random.pick(NOUNS)}-${i + 1}`),
      kind: random.pick(KINDS),
      category: random.pick(CATEGORIES),
    })),
    categories: CATEGORIES.map(item),
    creators: items(40, "creator"),
    brands: items(15, "brand"),
    projects: items(50, "project"),
    posts: POSTS.map(item),
  };
}
