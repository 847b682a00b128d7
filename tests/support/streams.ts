/** Bodies in chunks, and gzip bombs. */

import zlib from "node:zlib";

/** Streams bytes in chunks of `size`, each only when the reader pulls it. */
export function inChunks(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
  onSent: (bytes: number) => void = () => {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.length) return controller.close();
      const chunk = bytes.slice(offset, offset + size);
      offset += chunk.length;
      onSent(chunk.length);
      controller.enqueue(chunk);
    },
  }, { highWaterMark: 0 });
}

const GZIP_HEADER = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/** Makes a gzip body that inflates to `mebibytes` MiB of zeros, about 1 KiB for each. Its checksum is wrong. */
export function gzipBomb(mebibytes: number): Uint8Array<ArrayBuffer> {
  // A full flush ends at a byte boundary and refers to nothing before it, so the block can be repeated.
  const block = zlib.deflateRawSync(new Uint8Array(1024 * 1024), {
    finishFlush: zlib.constants.Z_FULL_FLUSH,
  });
  const bomb = new Uint8Array(GZIP_HEADER.length + block.length * mebibytes);
  bomb.set(GZIP_HEADER);
  for (let i = 0; i < mebibytes; i++) bomb.set(block, GZIP_HEADER.length + block.length * i);
  return bomb;
}
