/** Opens the server SDK with a fake clock, service and file system. */

import { setImmediate } from "node:timers";
import { createIdGenerator } from "../../src/events/id.ts";
import type { SluiceError } from "../../src/server_sdk/errors.ts";
import type { Runtime } from "../../src/server_sdk/runtime.ts";
import { createSluiceIn } from "../../src/server_sdk/sluice.ts";
import { serviceFolder } from "../../src/server_sdk/spool/service_folder.ts";
import { Spool } from "../../src/server_sdk/spool/spool.ts";
import type { SluiceOptions } from "../../src/server_sdk/types.ts";
import { FakeClock } from "../support/clock.ts";
import type { MemoryFiles } from "./memory_files.ts";

const STEP_MS = 20;
const MAX_STEPS = 50_000;

/** An event as the service receives it. */
export interface WireEvent {
  readonly eventType: string;
  readonly idempotencyKey: string;
  readonly source: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, string>>;
}

/** A request that arrived. */
export interface WireRequest {
  readonly url: string;
  readonly headers: Headers;
  readonly events: readonly WireEvent[];
}

/** Answers a request; `undefined` accepts all events. */
export type Answer = (
  request: WireRequest,
) => Response | undefined | Promise<Response | undefined>;

/** A service that answers as a test says. */
export class FakeService {
  readonly requests: WireRequest[] = [];
  answer: Answer = () => undefined;

  /** All events that arrived, request by request. */
  get batches(): string[][] {
    return this.requests.map(({ events }) => events.map(({ eventType }) => eventType));
  }

  fetch = async (url: unknown, init?: RequestInit): Promise<Response> => {
    const { events } = JSON.parse(String(init?.body)) as { events: WireEvent[] };
    const request = { url: String(url), headers: new Headers(init?.headers), events };
    this.requests.push(request);
    init?.signal?.throwIfAborted();
    const aborted = new Promise<never>((_, reject) =>
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason))
    );
    aborted.catch(() => {});
    return await Promise.race([aborted, this.answer(request)]) ?? accept(events);
  };
}

/** The response of a service that accepts every event, except those with an error. */
export function accept(
  events: readonly WireEvent[],
  errorOf: (event: WireEvent) => string | null = () => null,
  headers: Record<string, string> = {},
): Response {
  const results = events.map((event, index) => {
    const error = errorOf(event);
    return error === null
      ? { index, status: "fulfilled", data: { eventId: null, tracked: true }, error: null }
      : { index, status: "rejected", data: null, error };
  });
  return Response.json({ total: events.length, results }, { headers });
}

/** What a test may replace. */
export interface OpenOptions extends Partial<SluiceOptions> {
  readonly files?: MemoryFiles;
  readonly pid?: number;
  readonly startedAt?: number;
  readonly isAlive?: (pid: number) => boolean;
  readonly service?: FakeService;
  readonly clock?: FakeClock;
}

/** Opens the SDK: in memory, or with a spool in `files`. */
export function open({ files, pid = 1, isAlive = () => true, ...given }: OpenOptions = {}) {
  const { service = new FakeService(), clock = new FakeClock(), startedAt = 0, ...options } = given;
  const errors: SluiceError[] = [];
  const idle: (() => void)[] = [];
  const newId = createIdGenerator({ now: clock.now });
  const process = { pid, host: "a", startedAt, isAlive };
  const runtime: Runtime = {
    clock,
    newId,
    fetch: service.fetch as typeof fetch,
    random: () => 0.5,
    disk: files
      ? {
        defaultSpool: "spool",
        open: (folder, endpoint) =>
          new Spool({ root: serviceFolder(folder, endpoint), files, process, clock, newId }),
      }
      : null,
    warn: (error) => errors.push(error),
    onIdle: (work) => {
      idle.push(work);
      return () => idle.splice(0);
    },
  };
  const sluice = createSluiceIn(runtime, { url: "https://events.example", ...options });
  return { sluice, service, clock, errors, idle };
}

/** Moves the clock on, in steps that let other work run, until a condition holds. */
export async function pass(
  clock: FakeClock,
  what: string,
  condition: () => boolean,
): Promise<void> {
  for (let step = 0; !condition(); step++) {
    if (step === MAX_STEPS) throw new Error(`${what}: not within ${MAX_STEPS * STEP_MS} ms`);
    await clock.advance(STEP_MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
