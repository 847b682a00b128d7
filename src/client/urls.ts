/**
 * Keeps secrets in URLs off the disk and the network (contract 4.11). It knows URLs as browsers write
 * them; the service filters again, however else they are written.
 */

/**
 * Parameters that are always kept, as a pattern: campaign tags, and the click ids of the service's
 * enrichment, whose table of channels would be too large here. A test compares the two. Common endings
 * stand once, and the order is the one that compresses best.
 */
const KEPT = "utm_*|sfmc_sub|" +
  "(ransite|mc_e|elqtrack|(rdt_|mc_|sc|vm|ss)c|vero_|srslt|li_fat_|igsh|[gw]bra|(bsft_|ms)clk|" +
  "(rb_|ir)click|ck_subscriber_|mibext|gad_campaign|tdu|" +
  "(tw|n?d|ob|ym|szn|tt|g|ys|q|fb|y|ir)cl)id|" +
  "mkt_tok|clickref|igsh|[_]hsenc|dm_i|[_]kx|cjevent|awc|dicbo|tblci|epik|cto_pld|ml_subscriber|gad_source";

/** Filters the URLs of a JSON value; a reviver of `JSON.parse`. */
export type UrlFilter = <T>(name: string, value: T) => T;

/** Creates a filter that also keeps the given parameters. */
export function createUrlFilter(keep: readonly string[] = []): UrlFilter {
  const names = [KEPT, ...keep].join("|").replace(/\*/g, "[^=]*");
  const kept = RegExp(`^(${names})(=|$)`, "i");

  function filterQuery(_: string, query: string): string {
    const rest = query.split(/[&;]/).filter((parameter) => kept.test(parameter)).join("&");
    return rest && "?" + rest;
  }

  return (_, value) =>
    typeof value === "string" && /^(https?:\/)?\/\S*$/i.test(value)
      ? value.replace(/#.*/, "").replace(/^(\w*:?\/\/)[^/?]*@/, "$1")
        .replace(/\?(.*)/, filterQuery) as typeof value
      : value;
}
