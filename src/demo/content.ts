/** The content of the demo's shop: pictures to view and license, and a post to read. */

/** A picture for sale. */
export interface Asset {
  /** A CUID. */
  readonly id: string;
  readonly title: string;
  readonly artist: string;
  /** Price in US cents. */
  readonly cents: number;
  /** The CSS class that draws it. */
  readonly className: string;
}

/** The shop's pictures. */
export const ASSETS: readonly Asset[] = [
  {
    id: "cm3demo0000asset000000001",
    title: "Harbour, dawn",
    artist: "North Pier",
    cents: 4900,
    className: "dawn",
  },
  {
    id: "cm3demo0000asset000000002",
    title: "Night ferry",
    artist: "North Pier",
    cents: 6900,
    className: "night",
  },
  {
    id: "cm3demo0000asset000000003",
    title: "Salt meadow",
    artist: "Low Tide",
    cents: 3900,
    className: "meadow",
  },
  {
    id: "cm3demo0000asset000000004",
    title: "Signal red",
    artist: "Low Tide",
    cents: 5900,
    className: "signal",
  },
];

/** The post below the pictures. */
export const POST = {
  id: "cm3demo0000post0000000001",
  title: "What happens to a click",
  paragraphs: [
    "You open a picture. At that moment the browser records an event: what happened, when, and a unique key. It is on disk before you move the mouse, so neither a closed tab nor a flat battery loses it.",
    "Within two seconds the queued events are sent together. The service checks each one, drops duplicates, and responds only once the rest are stored durably. Turn the network off in the panel and keep clicking: everything is queued, and is sent when you turn it back on.",
    "From its buffer the service writes batches to Postgres. If it crashes halfway, it writes the same events again, and their ids make the retry harmless. That is all there is to exactly-once delivery: retry, and recognise what is already there.",
    "Then each row is enriched with the browser, the device type, the country, the session, and the channel that brought you here. The panel shows it a second or two after the row.",
    "The page has noticed that you read this far: your scroll depth and the end of this post have each been tracked, once.",
  ],
} as const;
