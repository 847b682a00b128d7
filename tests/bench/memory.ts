/** A process's memory. */

const KIB = 1024;

/** MiB of a process in memory now, and at its peak. */
export interface Memory {
  readonly now: number;
  readonly peak: number;
}

/** Reads what the system knows of a process; on systems without `/proc` the peak is what is there now. */
export async function memoryOf(pid: number): Promise<Memory> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]);
    return { now: kib("VmRSS") / KIB, peak: kib("VmHWM") / KIB };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", String(pid)] })
      .output();
    const now = Number(new TextDecoder().decode(stdout)) / KIB;
    return { now, peak: now };
  }
}

/** Watches a process for some seconds: MiB, sample by sample, the peak last. */
export async function watchMemory(
  pid: number,
  seconds: number,
  everyMs: number,
): Promise<Memory[]> {
  const samples: Memory[] = [];
  const endAt = performance.now() + seconds * 1000;
  let peak = 0;
  while (performance.now() < endAt) {
    const memory = await memoryOf(pid);
    peak = Math.max(peak, memory.peak);
    samples.push({ now: memory.now, peak });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return samples;
}
