/** Reads the CPU time of processes from `/proc`, in microseconds, user and system. */

/** Linux counts in hundredths of a second for every program. */
const TICK_US = 10_000;

/** CPU time of a process. */
export interface ProcessCpu {
  /** All threads. */
  readonly total: number;
  readonly mainThread: number;
}

/** Reads the CPU time of a process. */
export async function readCpu(pid: number): Promise<ProcessCpu> {
  const [all, main] = await Promise.all([
    readStat(`/proc/${pid}/stat`),
    readStat(`/proc/${pid}/task/${pid}/stat`),
  ]);
  return { total: all.own, mainThread: main.own };
}

/** Reads the CPU time of the PostgreSQL server that has the given backend: all its processes. */
export async function readServerCpu(backend: number): Promise<number> {
  const { parent } = await readStat(`/proc/${backend}/stat`);
  const postmaster = await readStat(`/proc/${parent}/stat`);
  let total = postmaster.own + postmaster.ended;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // A process may end meanwhile; the postmaster then counts it.
    const stat = await readStat(`/proc/${name}/stat`).catch(() => null);
    if (stat?.parent === parent) total += stat.own;
  }
  return total;
}

async function readStat(path: string) {
  const text = await Deno.readTextFile(path);
  // The program's name, in parentheses, may contain anything; what follows are numbers.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = (...at: number[]) => at.reduce((sum, i) => sum + Number(fields[i]), 0) * TICK_US;
  return { parent: Number(fields[1]), own: ticks(11, 12), ended: ticks(13, 14) };
}
