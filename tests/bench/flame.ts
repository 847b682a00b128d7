/**
 * Draws a V8 profile as a flame graph, an SVG. Each box is a function, as wide as the time spent in it and
 * its callees, which hang below it; the tooltip shows the share.
 */

/** The parts of a `.cpuprofile` that are read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
    readonly children?: readonly number[];
  }[];
  /** The node of each sample. */
  readonly samples: readonly number[];
  /** Microseconds since the previous sample. */
  readonly timeDeltas: readonly number[];
}

/** A function in one call stack. */
interface Frame {
  /** Microseconds, callees included. */
  time: number;
  readonly callees: Map<string, Frame>;
}

const WIDTH = 1200;
const ROW = 18;
const TITLE = 30;
/** Narrower boxes are left out. */
const MIN_PIXELS = 0.5;
const CHARACTER_PIXELS = 6.2;
/** V8's name for time in which nothing ran. */
const IDLE = "(idle)";

/** Draws a profile, without idle time. */
export function flameGraph(profile: CpuProfile, title: string): string {
  const root = framesOf(profile);
  const boxes: string[] = [];
  let depth = 0;
  function draw(name: string, frame: Frame, x: number, level: number): void {
    const width = frame.time / root.time * WIDTH;
    if (width < MIN_PIXELS) return;
    depth = Math.max(depth, level);
    boxes.push(boxOf(name, frame.time, root.time, { x, y: TITLE + level * ROW, width }));
    let left = x;
    const callees = [...frame.callees].toSorted(([, a], [, b]) => b.time - a.time);
    for (const [callee, below] of callees) {
      draw(callee, below, left, level + 1);
      left += below.time / root.time * WIDTH;
    }
  }
  if (root.time > 0) draw("all", root, 0, 0);
  const height = TITLE + (depth + 1) * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="ui-monospace, monospace" font-size="10">
<style>:root{color-scheme:light dark;background:Canvas}text{fill:#1a1a1a;pointer-events:none}.title{fill:CanvasText;font-size:13px}rect{stroke:Canvas;stroke-width:.5}rect:hover{stroke:CanvasText}</style>
<text class="title" x="4" y="19">${escape(title)}</text>
${boxes.join("\n")}
</svg>
`;
}

function framesOf({ nodes, samples, timeDeltas }: CpuProfile): Frame {
  const times = new Map<number, number>();
  samples.forEach((id, i) => times.set(id, (times.get(id) ?? 0) + (timeDeltas[i] ?? 0)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const root: Frame = { time: 0, callees: new Map() };
  /** Adds the time of a node and its callees to a frame, and returns it. */
  function add(id: number, frame: Frame): number {
    const node = byId.get(id);
    let sum = times.get(id) ?? 0;
    for (const child of node?.children ?? []) {
      const frameOfChild = byId.get(child)?.callFrame;
      if (frameOfChild === undefined || frameOfChild.functionName === IDLE) continue;
      const name = nameOf(frameOfChild);
      const callee = frame.callees.get(name) ?? { time: 0, callees: new Map() };
      frame.callees.set(name, callee);
      sum += add(child, callee);
    }
    frame.time += sum;
    return sum;
  }
  const [first] = nodes;
  if (first !== undefined) add(first.id, root);
  return root;
}

/** `name folder/file:line`. */
function nameOf(
  { functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"],
): string {
  const name = functionName || "(anonymous)";
  if (url === "") return name;
  const file = url.split("/").slice(-2).join("/");
  return `${name} ${file}:${lineNumber + 1}`;
}

function boxOf(
  name: string,
  time: number,
  total: number,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): string {
  const share = `${(time / total * 100).toFixed(1)} %, ${(time / 1000).toFixed(0)} ms`;
  const maxLength = Math.floor((width - 4) / CHARACTER_PIXELS);
  const label = maxLength < 3
    ? ""
    : `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${
      escape(name.length <= maxLength ? name : `${name.slice(0, maxLength - 1)}…`)
    }</text>`;
  return `<g><title>${escape(`${name}: ${share}`)}</title><rect x="${
    x.toFixed(1)
  }" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="hsl(${
    hueOf(name)
  } 75% 68%)"/>${label}</g>`;
}

/** A hue per file, from red to yellow. */
function hueOf(name: string): number {
  const file = name.split(" ").at(-1)?.split(":")[0] ?? "";
  let hash = 0;
  for (const character of file) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return hash % 60;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Draws every profile in a folder and returns the paths of the SVGs beside them. */
export async function drawProfiles(folder: string): Promise<string[]> {
  const drawn: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".cpuprofile")) continue;
    const path = `${folder}/${name.replace(/\.cpuprofile$/, ".svg")}`;
    const profile: CpuProfile = JSON.parse(await Deno.readTextFile(`${folder}/${name}`));
    await Deno.writeTextFile(path, flameGraph(profile, name));
    drawn.push(path);
  }
  return drawn;
}
