/** City files and look-ups for tests of places. */

import { type Geo, openGeo } from "../../src/enrichment/geo.ts";
import type { EventRow, Place } from "../../src/events/types.ts";
import { FakeClock } from "../support/clock.ts";
import { contextOf } from "../support/events.ts";
import { cityRecord, writeMmdb } from "../support/mmdb.ts";
import { until } from "../support/until.ts";

/** The records of a City file, by default. */
export const CITIES = {
  "129.132.0.0/16": cityRecord("CH", "Zurich", "Zürich"),
  "81.2.69.160/27": cityRecord("GB", "England", "London"),
  "2a00:23c0::/28": cityRecord("GB", "England", "London"),
  "81.3.0.0/16": { registered_country: { iso_code: "DE" } },
  "81.4.0.0/16": { city: "not what it should be", country: ["nor", "this"] },
};

/** A temporary City file. */
export class CityFile implements AsyncDisposable {
  /** The clock that schedules the checks of the file. */
  readonly clock = new FakeClock();

  private constructor(readonly folder: string, readonly path: string) {}

  /** Writes a City file to a temporary folder. */
  static async write(bytes = writeMmdb(CITIES)): Promise<CityFile> {
    const folder = await Deno.makeTempDir();
    const file = new CityFile(folder, `${folder}/city.mmdb`);
    await Deno.writeFile(file.path, bytes);
    return file;
  }

  /** Opens the enricher that reads the file. */
  open(): Promise<Geo> {
    return openGeo({ cityDatabase: this.path, clock: this.clock });
  }

  /** Replaces the file atomically. */
  async replace(bytes: Uint8Array): Promise<void> {
    await Deno.writeFile(`${this.path}.new`, bytes);
    await Deno.rename(`${this.path}.new`, this.path);
  }

  /** Advances the clock to the next check of the file and waits for it to finish. */
  async checked(): Promise<void> {
    await this.clock.advance(60_000);
    await until(() => this.clock.pending === 1, "the next check to be scheduled");
  }

  /** Deletes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Returns the place of a caller. */
export function findPlace(geo: Geo, ip: string | null, place: Place | null = null): Place {
  return geo.enricher.read({ row: {} as EventRow, context: contextOf({ ip, place }) });
}
