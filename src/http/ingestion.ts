/** Which endpoints only take events: there, cookies from pages of other origins identify no user (contract 6.4). */

/** tRPC calls by their names alone, so that nothing else is called along with them. */
const INGESTION =
  /^\/(v1\/.+|livez|api\/trpc\/eventIngestion\.track(Batch)?(,eventIngestion\.track(Batch)?)*)$/;

/** Whether a path is one that events are sent to, or the SDK's look at the clock. */
export function isIngestion(path: string): boolean {
  return INGESTION.test(path);
}
