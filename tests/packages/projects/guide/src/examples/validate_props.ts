const EVENT_REQUIRED_PROPS: Record<string, string[]> = {
  "asset_viewed": ["view_duration_ms"],
  "license_signed": ["license_id"],
  "payout_completed": ["amount_cents", "payment_method"],
  "post_viewed": ["post_id"],
  "post_cta_clicked": ["cta_type", "cta_url"],
};

function validateEventProps(
  eventType: string,
  props?: Record<string, any>,
): boolean {
  const requiredProps = EVENT_REQUIRED_PROPS[eventType];

  if (!requiredProps) return true;

  if (!props) {
    console.error(`Event ${eventType} requires props: ${requiredProps.join(", ")}`);
    return false;
  }

  for (const prop of requiredProps) {
    if (!(prop in props)) {
      console.error(`Event ${eventType} missing required prop: ${prop}`);
      return false;
    }
  }

  return true;
}

export { validateEventProps };
