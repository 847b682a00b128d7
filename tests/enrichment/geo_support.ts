/** City files and look-ups for the tests of places. */

import { type Geo, openGeo } from "../../src/enrichment/geo.ts";
import type { EventRow, Place } from "../../src/events/types.ts";
import { FakeClock } from "../support/clock.ts";
import { contextOf } from "../support/events.ts";
import { cityRecord, writeMmdb } from "../support/mmdb.ts";
import { until } from "../support/until.ts";

/** What the City file of a test knows, unless told otherwise. */
export const CITIES = {
  "129.132.0.0/16": cityRecord("CH", "Zurich", "Zürich"),
  "81.2.69.160/27": cityRecord("GB", "England", "London"),
  "2a00:23c0::/28": cityRecord("GB", "England", "London"),
  "81.3.0.0/16": { registered_country: { iso_code: "DE" } },
  "81.4.0.0/16": { city: "not what it should be", country: ["nor", "this"] },
};

/** A City file of its own for a test. */
export class CityFile implements AsyncDisposable {
  /** The clock by which the service looks at the file. */
  readonly clock = new FakeClock();

  private constructor(readonly folder: string, readonly path: string) {}

  /** Writes it into a folder of its own. */
  static async write(bytes = writeMmdb(CITIES)): Promise<CityFile> {
    const folder = await Deno.makeTempDir();
    const file = new CityFile(folder, `${folder}/city.mmdb`);
    await Deno.writeFile(file.path, bytes);
    return file;
  }

  /** Opens the look-up that reads it. */
  open(): Promise<Geo> {
    return openGeo({ cityDatabase: this.path, clock: this.clock });
  }

  /** Replaces it as one should: at once. */
  async replace(bytes: Uint8Array): Promise<void> {
    await Deno.writeFile(`${this.path}.new`, bytes);
    await Deno.rename(`${this.path}.new`, this.path);
  }

  /** Lets the time pass after which the service looks at the file, and waits until it has. */
  async lookedAt(): Promise<void> {
    await this.clock.advance(60_000);
    await until(() => this.clock.pending === 1, "the next look to be planned");
  }

  /** Removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Where the look-up finds a caller. */
export function placeOf(geo: Geo, ip: string | null, place: Place | null = null): Place {
  return geo.enricher.read({ row: {} as EventRow, context: contextOf({ ip, place }) });
}
