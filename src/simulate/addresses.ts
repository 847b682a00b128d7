/** Client IP addresses for `X-Forwarded-For`. Nothing is ever sent to them. */

import type { Random } from "./random.ts";

interface Region {
  readonly language: string;
  /** IPv4 blocks of large access providers, or those reserved for documentation. */
  readonly blocks: readonly string[];
}

/** A client's IP address and its `Accept-Language`. */
export interface Origin {
  readonly ip: string;
  readonly language: string;
}

const REGIONS: readonly (readonly [number, Region])[] = [
  [28, { language: "en-US,en;q=0.9", blocks: ["12.128.0.0/9", "73.0.0.0/8", "98.192.0.0/10"] }],
  [11, { language: "en-GB,en;q=0.9", blocks: ["86.128.0.0/10", "81.128.0.0/11"] }],
  [10, { language: "de-DE,de;q=0.9,en;q=0.7", blocks: ["84.128.0.0/10", "91.0.0.0/10"] }],
  [8, { language: "fr-FR,fr;q=0.9,en;q=0.6", blocks: ["90.0.0.0/9", "82.64.0.0/14"] }],
  [6, { language: "en-CA,en;q=0.9,fr;q=0.5", blocks: ["70.24.0.0/13"] }],
  [6, { language: "ja-JP,ja;q=0.9", blocks: ["126.0.0.0/8"] }],
  [5, { language: "pt-BR,pt;q=0.9", blocks: ["177.32.0.0/12"] }],
  [5, { language: "en-IN,en;q=0.9,hi;q=0.7", blocks: ["117.192.0.0/10"] }],
  [4, { language: "en-AU,en;q=0.9", blocks: ["1.128.0.0/11"] }],
  [4, { language: "es-ES,es;q=0.9", blocks: ["83.32.0.0/11"] }],
  [4, { language: "it-IT,it;q=0.9", blocks: ["79.0.0.0/10"] }],
  [3, { language: "sv-SE,sv;q=0.9,en;q=0.8", blocks: ["78.64.0.0/12"] }],
  [6, { language: "en", blocks: ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"] }],
];
const IPV6_SHARE = 0.05;

/** Picks a region by weight, and an address and language in it; one address in twenty is IPv6. */
export function makeOrigin(random: Random): Origin {
  const { language, blocks } = random.weighted(REGIONS);
  if (random.chance(IPV6_SHARE)) {
    const group = () => random.whole(0, 0xffff).toString(16);
    return { ip: `2001:db8:${group()}::${group()}`, language };
  }
  return { ip: addressIn(random.pick(blocks), random), language };
}

function addressIn(block: string, random: Random): string {
  const [network = "", bits = "32"] = block.split("/");
  const first = network.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const address = first + random.whole(1, 2 ** (32 - Number(bits)) - 2);
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
