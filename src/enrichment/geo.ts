/** Locates callers by address: the country out of the box, region and city with a City database. */

// Makes Deno fetch the package, so that `import.meta.resolve` can locate its files.
import "@ip-location-db/geo-whois-asn-country-mmdb/package.json" with { type: "json" };
import { getLogger } from "@logtape/logtape";
import type { Clock } from "../clock.ts";
import type { Place, RequestContext } from "../events/types.ts";
import type { Enricher } from "./enrich.ts";
import { type Mmdb, parseMmdb, textAt } from "./mmdb.ts";
import { MmdbFile } from "./mmdb_file.ts";
import { memoize } from "./memo.ts";
import { findCallerAddress } from "./public_address.ts";

/** Options of `openGeo`. */
export interface GeoOptions {
  /** The setting `GEOIP_DB_PATH`: the path of a MaxMind City file, or `null`. */
  readonly cityDatabase: string | null;
  readonly clock: Clock;
  /** Reads the bundled country database; replaced in tests. */
  readonly readCountries?: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** The enricher for places. Disposing stops watching the City file. */
export interface Geo extends Disposable {
  readonly enricher: Enricher<Place>;
  /** Finds the place of a caller. */
  readonly locate: (context: RequestContext) => Place;
}

/** A parsed City database. */
interface Cities extends Pick<Mmdb, "type" | "builtAt"> {
  readonly find: (address: string) => Place;
}

/** Cached look-ups in the City database: about 2 MB. */
const MAX_CACHED = 10_000;

const logger = getLogger(["sluice", "enrichment"]);

const NOWHERE: Place = { country: null, region: null, city: null };

/**
 * Opens the databases.
 *
 * @throws with a message that names `GEOIP_DB_PATH` if the City file cannot be used
 */
export async function openGeo(options: GeoOptions): Promise<Geo> {
  const { cityDatabase, clock, readCountries = readBundled } = options;
  const countries = await openCountries(readCountries);
  const cities = cityDatabase === null ? null : await openCities(cityDatabase, clock);
  function locate(context: RequestContext): Place {
    const place = findPlace(context, countries, cities?.current ?? null);
    return context.anonymous ? { ...NOWHERE, country: place.country } : place;
  }
  return {
    locate,
    enricher: {
      name: "geo",
      read: ({ context }) => locate(context),
      fallback: NOWHERE,
      readsContext: true,
    },
    [Symbol.dispose]: () => cities?.[Symbol.dispose](),
  };
}

// The file for both address families: 8 MB outside the heap, read in about 6 ms. Its look-ups are not
// cached, as one takes 1.2 µs including the parsing of the address.
function readBundled(): Promise<Uint8Array<ArrayBuffer>> {
  const file = import.meta.resolve(
    "@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb",
  );
  return Deno.readFile(new URL(file));
}

/** Some platforms do not let a process read the files of packages: better no countries than no service. */
async function openCountries(read: () => Promise<Uint8Array<ArrayBuffer>>): Promise<Mmdb | null> {
  try {
    return parseMmdb(await read());
  } catch (error) {
    logger.warn("Cannot read the country database; countries stay unknown: {error}", {
      error,
    });
    return null;
  }
}

async function openCities(path: string, clock: Clock): Promise<MmdbFile<Cities>> {
  try {
    return await MmdbFile.open({ path, parse: parseCities, clock });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `GEOIP_DB_PATH must be the path of a MaxMind City database; "${path}" cannot be used: ${reason}`,
      { cause },
    );
  }
}

function parseCities(bytes: Uint8Array<ArrayBuffer>): Cities {
  const { type, builtAt, get } = parseMmdb(bytes);
  if (!/city|enterprise/i.test(type)) throw new Error(`it has no cities; its type is ${type}`);
  // Decoding a record takes 12 µs, as it has names in eight languages. Cached it takes 0.7 µs; where no
  // address ever repeats, 17 µs.
  return { type, builtAt, find: memoize(MAX_CACHED, (address) => toPlace(get(address))) };
}

function findPlace(
  context: RequestContext,
  countries: Mmdb | null,
  cities: Cities | null,
): Place {
  const { place } = context;
  const address = findCallerAddress(context);
  const byCity = address && cities ? cities.find(address) : NOWHERE;
  if (place) return completePlace(place, byCity);
  if (byCity.country !== null || address === null || countries === null) return byCity;
  return { ...NOWHERE, country: findCountry(countries, address) };
}

/** A proxy's place wins. Most send only the country; then the City file adds region and city. */
function completePlace(place: Place, byCity: Place): Place {
  const countryOnly = place.region === null && place.city === null;
  return countryOnly && place.country === byCity.country ? byCity : place;
}

function toPlace(record: unknown): Place {
  return {
    country: textAt(record, "country", "iso_code") ??
      textAt(record, "registered_country", "iso_code"),
    region: textAt(record, "subdivisions", 0, "names", "en"),
    city: textAt(record, "city", "names", "en"),
  };
}

function findCountry(countries: Mmdb, address: string): string | null {
  return textAt(countries.get(address), "country_code");
}
