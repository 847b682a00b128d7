/** What there is to visit. Always the same, whatever the seed, so that runs add up in reports. */

import { makeCuid } from "./identifiers.ts";
import { Random } from "./random.ts";

const FOUNDED = Date.UTC(2025, 0, 15);

/** Where the visited site stands. */
export const SITE = "https://www.gallery.example";

/** A thing with a page of its own. */
export interface Place {
  readonly id: string;
  readonly slug: string;
}

/** An asset and the shelf it is on. */
export interface Asset extends Place {
  readonly kind: string;
  readonly category: string;
}

/** Everything that can be visited. */
export interface World {
  readonly assets: readonly Asset[];
  readonly categories: readonly Place[];
  readonly creators: readonly Place[];
  readonly brands: readonly Place[];
  readonly projects: readonly Place[];
  readonly posts: readonly Place[];
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

/** Makes the world. */
export function createWorld(): World {
  const random = new Random(20_250_115);
  const place = (slug: string): Place => ({ id: makeCuid(random, FOUNDED), slug });
  const places = (count: number, name: string) =>
    Array.from({ length: count }, (_, i) => place(`${name}-${i + 1}`));
  return {
    assets: Array.from({ length: 240 }, (_, i) => ({
      ...place(`${random.pick(ADJECTIVES)}-${random.pick(NOUNS)}-${i + 1}`),
      kind: random.pick(KINDS),
      category: random.pick(CATEGORIES),
    })),
    categories: CATEGORIES.map(place),
    creators: places(40, "creator"),
    brands: places(15, "brand"),
    projects: places(50, "project"),
    posts: POSTS.map(place),
  };
}
