/** Bounds how many bytes are held at a time, over all requests, and shares them between networks. */

import { toNetworkKey } from "../ip_address.ts";

/** Above this part of all bytes, a network only gets more while it holds less than its share. */
const CONTESTED = 1 / 2;
/** The share of one network. */
const SHARE = 1 / 4;

/** The bytes of one request. */
export interface Hold {
  /** Takes bytes. @returns false if there are not as many left for its network; none are taken then */
  take(bytes: number): boolean;
  /** Gives all bytes back. */
  release(): void;
}

interface Network {
  held: number;
  /** Requests that have not given their bytes back. */
  holds: number;
}

/** A number of bytes that requests take from and give back to. */
export class ByteBudget {
  /** How many bytes there are in all. */
  readonly limit: number;
  readonly #ipv6Prefix: number;
  readonly #networks = new Map<string, Network>();
  #held = 0;

  /**
   * @param limit how many bytes may be held at a time
   * @param ipv6Prefix the bits of an IPv6 address by which networks are told apart
   */
  constructor(limit: number, ipv6Prefix = 64) {
    this.limit = limit;
    this.#ipv6Prefix = ipv6Prefix;
  }

  /** The bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  /** The networks that hold some. */
  get networks(): number {
    return this.#networks.size;
  }

  /** Begins a request, which must give back what it takes. */
  open(ip: string | null): Hold {
    const key = ip === null ? "unknown" : toNetworkKey(ip, this.#ipv6Prefix);
    const network = this.#networks.get(key) ?? { held: 0, holds: 0 };
    this.#networks.set(key, network);
    network.holds += 1;
    let own = 0;
    return {
      take: (bytes) => {
        if (!this.#hasRoom(network.held + bytes, this.#held + bytes)) return false;
        own += bytes;
        network.held += bytes;
        this.#held += bytes;
        return true;
      },
      release: () => {
        network.held -= own;
        this.#held -= own;
        own = 0;
        network.holds -= 1;
        if (network.holds === 0) this.#networks.delete(key);
      },
    };
  }

  #hasRoom(ofNetwork: number, ofAll: number): boolean {
    if (ofAll > this.limit) return false;
    return ofAll <= this.limit * CONTESTED || ofNetwork <= this.limit * SHARE;
  }
}
