/** The error for a KV of a newer format. */

/** Thrown for a KV of another format; the message is for the operator. */
export class KvFormatError extends Error {
  override readonly name = "KvFormatError";

  /**
   * @param found the format of the KV
   * @param known the newest format that this code understands
   */
  constructor(found: number, known: number) {
    super(
      `The KV store has format ${found}, and this version of Sluice understands formats up to ` +
        `${known}: run the version that wrote it, or a newer one.`,
    );
  }
}
