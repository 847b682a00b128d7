/** Plans a visitor's session out of scenarios. */

import type { Step } from "../types.ts";
import { buyer } from "./buyer.ts";
import { brand, creator } from "./member.ts";
import { reader } from "./reader.ts";
import { pageView, type Scenario, type ScenarioContext } from "./context.ts";

/** Returns a whole session: the landing page, then one or two scenarios. Bots, and some visitors, bounce. */
export function planSession(context: ScenarioContext): Step[] {
  const { random, visitor } = context;
  const landing = pageView(visitor.landingPath, context);
  if (visitor.agent === "bot") return [landing];
  if (visitor.account === null && random.chance(0.15)) return [landing];
  const second = random.chance(0.3) ? pickScenario(context)(context) : [];
  return [landing, ...pickScenario(context)(context), ...second];
}

function pickScenario({ random, visitor }: ScenarioContext): Scenario {
  const role = visitor.account?.role;
  if (role === "CREATOR" && random.chance(0.7)) return creator;
  if (role === "BRAND" && random.chance(0.6)) return brand;
  return random.chance(0.35) ? reader : buyer;
}
