/** A file system of a few megabytes, to fill for real. */

/** A mounted folder. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
}

/** Mounts a tmpfs; `null` where that is not allowed: it needs root on Linux. */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk | null> {
  const path = await Deno.makeTempDir({ prefix: "sluice-disk-" });
  if (!await runs("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path)) {
    await Deno.remove(path);
    return null;
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      await runs("umount", "-l", path);
      await Deno.remove(path);
    },
  };
}

/** Whether `mountSmallDisk` works here. */
export async function canMount(): Promise<boolean> {
  const disk = await mountSmallDisk(1);
  await disk?.[Symbol.asyncDispose]();
  return disk !== null;
}

/** Writes a file until the disk is full. */
export async function fillDisk(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const chunk = new Uint8Array(65_536);
  try {
    while (true) await file.write(chunk);
  } catch (error) {
    if (!/No space left/.test(String(error))) throw error;
  }
}

async function runs(command: string, ...args: string[]): Promise<boolean> {
  try {
    const options = { args, stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(command, options).output()).success;
  } catch {
    return false;
  }
}
