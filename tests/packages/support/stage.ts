/** What all consumers share: the packed packages, and a service with its Postgres. */

import { join } from "node:path";
import type { CreatedKey, KeyRequest } from "../../../src/api_keys/manage.ts";
import { mintToken, type TokenClaims } from "../../../src/auth/token.ts";
import { createKey } from "../../support/api_keys.ts";
import { SECRET } from "../../support/app.ts";
import { openTestPostgres } from "../../support/postgres.ts";
import { drainProcess, MAIN, startProcess } from "../../support/service_process.ts";
import { until } from "../../support/until.ts";
import { packAll } from "./pack.ts";

/** A row of `events`. */
export interface EventRow {
  readonly id: string;
  readonly event_type: string;
  readonly source: string;
  readonly entity_type: string | null;
  readonly entity_id: string | null;
  readonly session_id: string | null;
  readonly actor_id: string | null;
  readonly actor_type: string | null;
  readonly user_id: string | null;
  readonly creator_id: string | null;
  readonly brand_id: string | null;
  readonly props: Readonly<Record<string, unknown>> | null;
  readonly attribution: Readonly<Record<string, unknown>> | null;
  readonly idempotency_key: string | null;
}

/** Which rows to read: a condition with `$1`, `$2` … and their values. */
export interface RowQuery {
  readonly where: string;
  readonly values?: readonly string[];
  /** How many to wait for. More of them fail, too. */
  readonly expected: number;
}

/** What a part gets. */
export interface Stage {
  /** Paths of the packed packages, by name: `@sluice/client` … */
  readonly tarballs: Readonly<Record<string, string>>;
  /** The service, without a slash at the end. */
  readonly url: string;
  /** What the service logged so far, as lines of JSON. */
  readonly log: () => string;
  /** An empty folder. It is deleted at the end. */
  readonly folder: string;
  /** A token for a role; the admin's flushes and reads statistics. */
  token(
    role: string,
    sub: string,
    claims?: Pick<TokenClaims, "creatorId" | "brandId">,
  ): Promise<string>;
  /** An API key, for `ingest` unless it is told otherwise. */
  key(request?: Partial<KeyRequest>): Promise<CreatedKey>;
  /** Flushes the service and reads rows, in the order of their times, once as many are there. */
  rows(query: RowQuery): Promise<readonly EventRow[]>;
  /** Prints progress. */
  say(line: string): void;
}

/** Everything that parts share, until it is disposed. */
export interface SharedStage extends AsyncDisposable {
  /** What the part of this name gets. */
  stageOf(part: string, say: (line: string) => void): Promise<Stage>;
}

/** Builds and packs the packages, and starts a service that may be called from any origin. */
export async function openSharedStage(): Promise<SharedStage> {
  await using opened = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "sluice-consumers-" });
  opened.defer(() => Deno.remove(folder, { recursive: true }));
  const tarballs = await packAll(join(folder, "tarballs"));
  const { database, url: databaseUrl } = opened.use(await openTestPostgres());
  const service = opened.use(
    await startProcess(MAIN, {
      DATABASE_URL: databaseUrl,
      DATA_DIR: join(folder, "data"),
    }),
  );
  async function rows({ where, values = [], expected }: RowQuery): Promise<readonly EventRow[]> {
    let found: readonly EventRow[] = [];
    const select = `select * from events where ${where} order by occurred_at, id`;
    const read = async () => {
      await drainProcess(service);
      found = await database.run(async (sql) => [
        ...await sql.unsafe<EventRow[]>(select, [...values]),
      ]);
      return found.length >= expected;
    };
    await until(read, `${expected} rows where ${where}`).catch((error) => {
      throw new Error(`${error.message}, found ${JSON.stringify(found)}\n${service.log()}`);
    });
    if (found.length === expected) return found;
    throw new Error(`${found.length} rows instead of ${expected}: ${JSON.stringify(found)}`);
  }
  const resources = opened.move();
  return {
    async stageOf(part, say) {
      const own = join(folder, part);
      await Deno.mkdir(own);
      return {
        tarballs,
        url: service.url.replace("127.0.0.1", "localhost"),
        log: service.log,
        folder: own,
        token: (role, sub, claims = {}) =>
          mintToken(SECRET, { sub, role, expiresInSeconds: 3_600, ...claims }, Date.now()),
        key: (request) => createKey(database, request),
        rows,
        say,
      };
    },
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  };
}
