/**
 * Keeps secrets in URLs off the disk and the network (contract 4.11). It knows URLs as browsers write
 * them; the service filters again, however else they are written.
 */

/**
 * Parameters that are always kept, as a pattern: campaign tags, and the click ids of the service's
 * enrichment, whose table of channels would be too large here. A test compares the two.
 */
const KEPT =
  "utm_*|sfmc_sub|[_]hsenc|awc|vero_id|ck_subscriber_id|li_fat_id|gbraid|wbraid|mc_cid|rdt_cid|sccid|vmcid|sscid|mc_eid|ransiteid|igshid|elqtrackid|rb_clickid|irclickid|bsft_clkid|msclkid|fbclid|obclid|dclid|ndclid|gclid|ymclid|sznclid|qclid|irclid|ysclid|ttclid|twclid|yclid|gad_campaignid|srsltid|mibextid|tduid|cto_pld|gad_source|clickref|igsh|dm_i|tblci|epik|mkt_tok|dicbo|ml_subscriber|cjevent|[_]kx";

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
