import { assertEquals } from "../support/assert.ts";
import type { RequiredProps } from "../../src/client/types.ts";
import { REQUIRED_PROPS } from "../../src/events/catalogue.ts";

Deno.test("4.4 the required props of the types are those of the service", () => {
  const types: { readonly [name in keyof RequiredProps]: readonly (keyof RequiredProps[name])[] } =
    {
      asset_viewed: ["view_duration_ms"],
      license_signed: ["license_id"],
      payout_completed: ["amount_cents", "payment_method"],
      post_viewed: ["post_id"],
      post_cta_clicked: ["cta_type", "cta_url"],
    };
  assertEquals<unknown>(types, REQUIRED_PROPS);
});
