/** Reads the memory of a process. */

const KIB = 1024;

/** Resident memory in MiB, now and at its peak. */
export interface Memory {
  readonly now: number;
  readonly peak: number;
}

/** Reads the resident memory of a process. Without `/proc` the peak is the current value. */
export async function readMemory(pid: number): Promise<Memory> {
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

/** Samples the memory of a process for some seconds. `peak` is the highest so far in each sample. */
export async function sampleMemory(
  pid: number,
  seconds: number,
  everyMs: number,
): Promise<Memory[]> {
  const samples: Memory[] = [];
  const endAt = performance.now() + seconds * 1000;
  let peak = 0;
  while (performance.now() < endAt) {
    const memory = await readMemory(pid);
    peak = Math.max(peak, memory.peak);
    samples.push({ now: memory.now, peak });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return samples;
}
