/** API keys, by which senders that are no browsers identify themselves (contract 13.1). */

/** What a key may be allowed to do, in the order in which they are shown. */
export const SCOPES = ["ingest", "ingest:as", "import", "read", "admin"] as const;

/** One permission of a key (contract 13.3). */
export type Scope = typeof SCOPES[number];

/** A key that may be used, without its secret. */
export interface ApiKey {
  /** The `actor_id` of its events. */
  readonly id: string;
  /** For people; a key that replaces another may have the same. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Its own rate limit; `null`: that of every caller. */
  readonly eventsPerSecond: number | null;
}

/** The `actor_type` of events that were sent with a key. */
export const API_KEY_ACTOR = "api_key";

/** Whether a key has a scope, or one that includes it. */
export function allows({ scopes }: Pick<ApiKey, "scopes">, scope: Scope): boolean {
  if (scopes.includes(scope) || scopes.includes("admin")) return true;
  return scope === "ingest" && (scopes.includes("ingest:as") || scopes.includes("import"));
}

/** Why a key without a scope may not do what its sender asked for: names both. */
export function describeMissing({ name }: Pick<ApiKey, "name">, scope: Scope): string {
  return `The API key ${JSON.stringify(name)} lacks the scope ${scope}`;
}
