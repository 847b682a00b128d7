/**
 * A V8 profile as a flame graph: an SVG that any browser shows. Each box is a function, as wide as the
 * time that was spent in it and in what it called, which hangs below it; pointing at it tells how much.
 */

/** As far as it is read here. */
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
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

/** A function as called by its callers. */
interface Frame {
  /** Microseconds, with all that it called. */
  time: number;
  readonly callees: Map<string, Frame>;
}

const WIDTH = 1200;
const ROW = 18;
const TITLE = 30;
/** Narrower boxes are left out. */
const MIN_PIXELS = 0.5;
const CHARACTER_PIXELS = 6.2;
/** Not the program's own time. */
const IDLE = "(idle)";

/** Draws a profile. Time in which nothing ran is left out. */
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
  /** Adds a node's time and its callees' to a frame; the sum. */
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

/** `name file:line`, the file with its folder or as the package that it belongs to. */
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
  const room = Math.floor((width - 4) / CHARACTER_PIXELS);
  const label = room < 3
    ? ""
    : `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${
      escape(name.length <= room ? name : `${name.slice(0, room - 1)}…`)
    }</text>`;
  return `<g><title>${escape(`${name}: ${share}`)}</title><rect x="${
    x.toFixed(1)
  }" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="hsl(${
    hueOf(name)
  } 75% 68%)"/>${label}</g>`;
}

/** Boxes of one file have one colour, from red to yellow. */
function hueOf(name: string): number {
  const file = name.split(" ").at(-1)?.split(":")[0] ?? "";
  let hash = 0;
  for (const character of file) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return hash % 60;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Draws every profile of a folder beside it; the paths of the pictures. */
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
