import { createSluice, EVENT_TYPES, keyOf } from "@sluice/server";

interface Env {
  readonly SLUICE_URL: string;
  readonly SLUICE_KEY: string;
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const { SLUICE_URL: url, SLUICE_KEY: apiKey } = env;
    const waitUntil = (promise: Promise<unknown>) => context.waitUntil(promise);
    const sluice = createSluice({ url, apiKey, waitUntil, flushIntervalMs: 0 });
    const { pathname, searchParams } = new URL(request.url);
    // Not awaited: the response must not wait for it, and it must not be lost after the response
    void sluice.track({
      eventType: EVENT_TYPES.API_REQUEST,
      props: { from: "workerd", path: pathname },
    });
    if (pathname === "/pay") {
      const { durable } = await sluice.as({ userId: "workerd_user" }).track({
        eventType: "payout_completed",
        props: { from: "workerd", amount_cents: 4900, payment_method: "card" },
        idempotencyKey: await keyOf(`payout of workerd ${searchParams.get("job")}`),
      });
      return new Response(durable);
    }
    return new Response("ok");
  },
};
