/** Picks what a visitor does. */

import type { Step } from "../types.ts";
import { buyer } from "./buyer.ts";
import { brand, creator } from "./member.ts";
import { reader } from "./reader.ts";
import { pageView, type Scene, type Story } from "./scene.ts";

/** A whole session: the landing page, then one story or two. Bots and most others look once. */
export function session(scene: Scene): Step[] {
  const { random, visitor } = scene;
  const landing = pageView(visitor.landingPath, scene);
  if (visitor.agent === "bot") return [landing];
  if (visitor.account === null && random.chance(0.15)) return [landing];
  const second = random.chance(0.3) ? storyOf(scene)(scene) : [];
  return [landing, ...storyOf(scene)(scene), ...second];
}

function storyOf({ random, visitor }: Scene): Story {
  const role = visitor.account?.role;
  if (role === "CREATOR" && random.chance(0.7)) return creator;
  if (role === "BRAND" && random.chance(0.6)) return brand;
  return random.chance(0.35) ? reader : buyer;
}
