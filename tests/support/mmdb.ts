/** Writes small databases in MaxMind's format: a search tree, data and metadata. */

/** What a record may hold. */
export type MmdbValue =
  | string
  | number
  | readonly MmdbValue[]
  | { readonly [key: string]: MmdbValue };

/** A record for each network, like `{"81.2.69.0/24": {…}, "2a02:6b8::/32": {…}}`. */
export type MmdbNetworks = Readonly<Record<string, MmdbValue>>;

/** A branch of the tree leads to a node, to an offset in the data or to nothing. */
type Branch = { readonly node: number } | { readonly data: number } | null;

const TYPE = { string: 2, map: 7, uint32: 6, array: 11 } as const;
const SEPARATOR_BYTES = 16;
const METADATA_MARKER = [0xab, 0xcd, 0xef, ...new TextEncoder().encode("MaxMind.com")];

/**
 * Writes a database of records of 24 bits.
 *
 * @param type the database type in its metadata
 * @param ipVersion 6 also accepts IPv4 networks, at `::/96`
 */
export function writeMmdb(
  networks: MmdbNetworks,
  type = "Test-City",
  ipVersion: 4 | 6 = 6,
): Uint8Array<ArrayBuffer> {
  const nodes: [Branch, Branch][] = [[null, null]];
  const data: number[] = [];
  for (const [network, record] of Object.entries(networks)) {
    insert(nodes, bitsOf(network, ipVersion), { data: data.length });
    data.push(...encode(record));
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_772_366_400,
    database_type: type,
    description: { en: "For tests" },
    ip_version: ipVersion,
    languages: ["en"],
    node_count: nodes.length,
    record_size: 24,
  });
  const tree = nodes.flat().flatMap((branch) => bigEndian(pointerOf(branch, nodes.length), 3));
  const separator = new Array<number>(SEPARATOR_BYTES).fill(0);
  return Uint8Array.from([...tree, ...separator, ...data, ...METADATA_MARKER, ...metadata]);
}

/** Makes a record of a City database. */
export function cityRecord(country: string, region: string, city: string): MmdbValue {
  return {
    city: { geoname_id: 1, names: { de: `${city} (de)`, en: city } },
    country: { geoname_id: 2, iso_code: country, names: { en: country } },
    subdivisions: [{ geoname_id: 3, iso_code: "XX", names: { en: region } }],
  };
}

function insert(nodes: [Branch, Branch][], bits: readonly (0 | 1)[], leaf: Branch): void {
  let at = nodes[0];
  bits.forEach((bit, i) => {
    if (at === undefined) return;
    if (i === bits.length - 1) {
      at[bit] = leaf;
      return;
    }
    const branch = at[bit];
    if (branch !== null && "data" in branch) throw new Error("Networks must not overlap");
    const node = branch?.node ?? nodes.push([null, null]) - 1;
    at[bit] = { node };
    at = nodes[node];
  });
}

function pointerOf(branch: Branch, nodeCount: number): number {
  if (branch === null) return nodeCount;
  return "node" in branch ? branch.node : nodeCount + SEPARATOR_BYTES + branch.data;
}

function bitsOf(network: string, ipVersion: 4 | 6): (0 | 1)[] {
  const [address = "", length = ""] = network.split("/");
  const isV4 = address.includes(".");
  if (!isV4 && ipVersion === 4) throw new Error("IPv6 does not fit into a database of IPv4");
  const bytes = isV4 ? address.split(".").map(Number) : bytesOfV6(address);
  const padding = isV4 && ipVersion === 6 ? new Array<number>(12).fill(0) : [];
  const bits = [...padding, ...bytes].flatMap((byte) =>
    Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1 ? 1 : 0)
  );
  return bits.slice(0, padding.length * 8 + Number(length));
}

function bytesOfV6(address: string): number[] {
  const [head = [], tail = []] = address.split("::").map((part) => part.split(":").filter(Boolean));
  const gap = new Array<string>(8 - head.length - tail.length).fill("0");
  return [...head, ...gap, ...tail].flatMap((group) => bigEndian(parseInt(group, 16), 2));
}

function encode(value: MmdbValue): number[] {
  if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    return [...control(TYPE.string, bytes.length), ...bytes];
  }
  if (typeof value === "number") return [...control(TYPE.uint32, 4), ...bigEndian(value, 4)];
  if (isList(value)) return [...control(TYPE.array, value.length), ...value.flatMap(encode)];
  const entries = Object.entries(value);
  return [...control(TYPE.map, entries.length), ...entries.flat().flatMap(encode)];
}

function isList(value: MmdbValue): value is readonly MmdbValue[] {
  return Array.isArray(value);
}

/** The type in three bits, or in its own byte if above 7, and the size in five bits. */
function control(type: number, size: number): number[] {
  const short = size < 29 ? size : 29;
  const head = type <= 7 ? [type << 5 | short] : [short, type - 7];
  if (size >= 29 + 256) throw new Error("Too long for this writer");
  return size < 29 ? head : [...head, size - 29];
}

function bigEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) % 256);
}
