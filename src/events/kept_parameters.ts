/** The parameters that URLs in events may have (contract 4.11). */

/**
 * Names of parameters that are always kept, as one alternative of a pattern: campaign tags and the click
 * ids of `click_ids.ts`, whose table of channels is too large for the SDK. A test compares the two.
 */
const KEPT =
  "utm_*|_hsenc|_kx|awc|bsft_clkid|cjevent|ck_subscriber_id|clickref|cto_pld|dclid|dicbo|dm_i|elqtrackid|epik|fbclid|gad_campaignid|gad_source|gbraid|gclid|igsh|igshid|irclickid|irclid|li_fat_id|mc_cid|mc_eid|mibextid|mkt_tok|ml_subscriber|msclkid|ndclid|obclid|qclid|ransiteid|rb_clickid|rdt_cid|sccid|sfmc_sub|srsltid|sscid|sznclid|tblci|tduid|ttclid|twclid|vero_id|vmcid|wbraid|yclid|ymclid|ysclid";

/**
 * A pattern of the names that are kept, in any case.
 *
 * @param more further names; `*` stands for any characters
 */
export function keptParameters(more: readonly string[] = []): RegExp {
  const names = [KEPT, ...more].join("|").replace(/[^\w|*]/g, "\\$&").replace(/\*/g, ".*");
  return RegExp(`^(${names})$`, "is");
}
