/** What the demo's shop has: pictures to look at and license, and a post to read. */

/** A picture. */
export interface Asset {
  /** A CUID. */
  readonly id: string;
  readonly title: string;
  readonly artist: string;
  readonly cents: number;
  /** The class that draws it. */
  readonly look: string;
}

/** The pictures. */
export const ASSETS: readonly Asset[] = [
  {
    id: "cm3demo0000asset000000001",
    title: "Harbour, dawn",
    artist: "North Pier",
    cents: 4900,
    look: "dawn",
  },
  {
    id: "cm3demo0000asset000000002",
    title: "Night ferry",
    artist: "North Pier",
    cents: 6900,
    look: "night",
  },
  {
    id: "cm3demo0000asset000000003",
    title: "Salt meadow",
    artist: "Low Tide",
    cents: 3900,
    look: "meadow",
  },
  {
    id: "cm3demo0000asset000000004",
    title: "Signal red",
    artist: "Low Tide",
    cents: 5900,
    look: "signal",
  },
];

/** The post. */
export const POST = {
  id: "cm3demo0000post0000000001",
  title: "What happens to a click",
  paragraphs: [
    "You look at a picture. The moment you do, the browser writes an event down: what it was, when, and a key of its own. It is on disk before you have moved the mouse, so a closed tab or a flat battery does not lose it.",
    "Within five seconds the events that wait leave together. The service checks each, drops what it has seen before and answers when all of them are durable, never earlier. Switch the network off above and click on: everything waits, and goes when you switch it on.",
    "From its buffer the service writes batches to Postgres. If it dies in between, the same events are written again, and their keys make the repeat harmless. That is the whole trick of exactly once: try again, and recognise what is there.",
    "Then each row is enriched: the browser, the kind of device, the country, the session and how you came. You see it arrive in the panel, a second or two after the row.",
    "If you have read this far, the page knows: your scroll depth and the end of this post are on their way, each once.",
  ],
} as const;
