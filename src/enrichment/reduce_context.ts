/** What may be kept of a request's context (contract 7.4, 7.24). */

import type { Place, RequestContext } from "../events/types.ts";
import { expandGroups, isV6, parseAddress } from "../ip_address.ts";
import { parsePublicAddress } from "./public_address.ts";

/** How nearly every context begins. */
const FIRST_IS_ADDRESS = /^\{"ip":"([^"\\]*)",/;

/**
 * Replaces the address in a context by the first one of its network, as `reenrich` does. Of a caller
 * who asked not to be tracked, it leaves only the country that a proxy reported.
 *
 * @param contextJson JSON text, like the result
 */
export function reduceContext(contextJson: string): string {
  // Inside a value the quotes would be escaped. Parsing takes three times as long.
  const first = contextJson.includes('"anonymous":') ? null : FIRST_IS_ADDRESS.exec(contextJson);
  if (first === null) return reduceParsed(JSON.parse(contextJson));
  const network = firstOfNetwork(first[1]);
  const rest = contextJson.slice(first[0].length);
  return network === null ? `{${rest}` : `{"ip":"${network}",${rest}`;
}

function reduceParsed({ ip, ...rest }: Partial<RequestContext>): string {
  if (rest.anonymous) return reduceAnonymous(rest);
  const network = firstOfNetwork(ip);
  return JSON.stringify({ ...network === null ? {} : { ip: network }, ...rest });
}

/**
 * Creates the function that replaces the address in a context by its place and the first address of its
 * network. The place counts before the address when the event is enriched, so that it is that of the
 * address itself, even where its network is divided.
 */
export function createLocateContext(
  locate: (context: RequestContext) => Place,
): (context: RequestContext) => RequestContext {
  return (context) => ({
    ...context,
    place: locate(context),
    ip: context.anonymous ? null : firstOfNetwork(context.ip),
  });
}

/** Only what is stored in Postgres as well: the country. */
function reduceAnonymous({ place }: Partial<RequestContext>): string {
  const country = place?.country ?? null;
  return JSON.stringify({
    anonymous: true,
    ...country === null ? {} : { place: { country, region: null, city: null } },
  });
}

/** The first address of the network of a public address. */
function firstOfNetwork(ip: string | null | undefined): string | null {
  const address = ip ? parsePublicAddress(ip) : null;
  if (address === null) return null;
  return parseAddress(
    isV6(address)
      ? `${expandGroups(address).slice(0, 3).join(":")}::`
      : `${address.split(".").slice(0, 3).join(".")}.0`,
  );
}
