/** Bodies that a test cuts, counts and blows up. */

import zlib from "node:zlib";

/** Bytes in chunks of a size, handed out one by one as they are asked for. */
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

/** A gzip body that inflates to so many MiB of nothing, about a KiB for each; its checksum is wrong. */
export function gzipBomb(mebibytes: number): Uint8Array<ArrayBuffer> {
  // A full flush ends at a byte and refers to nothing before: the same block may follow any number of times.
  const block = zlib.deflateRawSync(new Uint8Array(1024 * 1024), {
    finishFlush: zlib.constants.Z_FULL_FLUSH,
  });
  const bomb = new Uint8Array(GZIP_HEADER.length + block.length * mebibytes);
  bomb.set(GZIP_HEADER);
  for (let i = 0; i < mebibytes; i++) bomb.set(block, GZIP_HEADER.length + block.length * i);
  return bomb;
}
