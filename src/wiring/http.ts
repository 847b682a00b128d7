/** The HTTP application. */

import type { Admin } from "../admin/port.ts";
import type { KnownKeys } from "../api_keys/known_keys.ts";
import { createFindCookies } from "../auth/cookies.ts";
import { createIdentify } from "../auth/identify.ts";
import { KeySet } from "../auth/key_set.ts";
import { Sessions } from "../auth/sessions.ts";
import type { DemoEvents } from "../events/demo.ts";
import { createHttp } from "../http/app.ts";
import { BODY_MS, MAX_ARRIVING_BYTES } from "../http/body.ts";
import { ByteBudget } from "../http/byte_budget.ts";
import { closeAfter } from "../http/close_after.ts";
import { Deadline } from "../http/deadline.ts";
import { countBuffered } from "../kv/counter.ts";
import { createWorkLimit } from "../limits/work_limit.ts";
import { describeApi } from "../openapi/document.ts";
import { readDemoRows } from "../store/demo_events.ts";
import type { Monitoring } from "./monitoring.ts";
import type { Observers } from "./observers.ts";
import type { Pipeline } from "./pipeline.ts";
import type { AppParts } from "./parts.ts";

/** The modules that requests are passed to. */
export interface HttpTargets {
  readonly observers: Observers;
  readonly pipeline: Pipeline;
  readonly monitoring: Monitoring;
  readonly admin: Admin;
  readonly apiKeys: KnownKeys;
}

/** The HTTP application; disposing it ends the timer of slow bodies, and reads of keys and sessions. */
export interface Http extends Disposable {
  /** Begins to read the keys of `AUTH_JWKS_URL` if it is time to. */
  readonly refreshKeys: () => void;
  /** Whether the body of a request is arriving. */
  readonly isReading: () => boolean;
  /** Handles a request. */
  readonly fetch: (request: Request, info?: Deno.ServeHandlerInfo) => Response | Promise<Response>;
}

/** Creates the HTTP application. Once `stopping` is aborted, each connection closes after its response. */
export function wireHttp(
  parts: AppParts,
  { observers: { metrics }, pipeline, monitoring, admin, apiKeys }: HttpTargets,
  stopping: AbortSignal,
): Http {
  const { config, clock, assets } = parts;
  const bodyDeadline = new Deadline(clock, BODY_MS);
  const { jwksUrl, sessionUrl, cookies } = config.auth;
  const keys = jwksUrl === null ? null : new KeySet({ url: jwksUrl, clock });
  const sessions = sessionUrl === null ? null : new Sessions({ url: sessionUrl, clock });
  const http = createHttp({
    service: pipeline.service,
    admin,
    identify: createIdentify({
      config: config.auth,
      keys,
      sessions,
      clock,
      onRefused: metrics.observeRefusedToken,
    }),
    findCookies: createFindCookies(cookies),
    identifyKey: (key) => apiKeys.identify(key),
    trustedProxies: config.trustedProxies,
    clientIpHeader: config.clientIpHeader,
    locationHeaders: config.locationHeaders,
    honorGpc: config.honorGpc,
    bodies: {
      deadline: bodyDeadline,
      arriving: new ByteBudget(MAX_ARRIVING_BYTES, config.rateLimitIpv6Prefix),
      work: createWorkLimit(clock, config.rateLimitIpv6Prefix),
    },
    corsOrigins: config.corsOrigins,
    assets,
    readDemoEvents: config.demo ? (sessionId) => readDemoEvents(parts, sessionId) : null,
    isStopping: () => stopping.aborted,
    isKvSuspect: () => monitoring.suspectKv() !== null,
    checkHealth: monitoring.checkHealth,
    renderMetrics: metrics.render,
    metricsToken: config.metricsToken,
    observeRequest: metrics.observeRequest,
    describeApi: () =>
      describeApi({
        requiresKey: config.requireKey,
        hasMetricsToken: config.metricsToken !== null,
      }),
  });
  return {
    fetch(request, info) {
      const response = http.fetch(request, info ?? {});
      return stopping.aborted ? closeAfter(response) : response;
    },
    isReading: () => bodyDeadline.isWaiting,
    refreshKeys: () => keys?.refresh(),
    [Symbol.dispose]() {
      bodyDeadline[Symbol.dispose]();
      keys?.[Symbol.dispose]();
      sessions?.[Symbol.dispose]();
    },
  };
}

async function readDemoEvents({ kv, database }: AppParts, sessionId: string): Promise<DemoEvents> {
  const [buffered, rows] = await Promise.all([
    countBuffered(kv),
    database.run((sql) => readDemoRows(sql, sessionId)),
  ]);
  return { buffered, rows };
}
