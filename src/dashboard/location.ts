/** Where in the dashboard one is: kept in the hash, so that a link opens it again. */

import { useEffect, useState } from "preact/hooks";

/** The views, in the order of the navigation. */
export const VIEWS = {
  now: "Now",
  plots: "Plots",
  tail: "Live tail",
  dead: "Dead letters",
  errors: "Client errors",
} as const;

/** One of them. */
export type View = keyof typeof VIEWS;

/** A view and what it shows. */
export interface Location {
  readonly view: View;
  readonly params: Readonly<Record<string, string>>;
}

/** Changes of parameters; `null` takes one away. */
export type Changes = Readonly<Record<string, string | null>>;

/** Reads a hash; what is no view is the first. */
export function locationOf(hash: string): Location {
  const [name = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const view = Object.hasOwn(VIEWS, name) ? name as View : "now";
  return { view, params: Object.fromEntries(new URLSearchParams(query)) };
}

/** A location as a link. The slash says that it is no part of the page, to be scrolled to. */
export function hrefOf({ view, params }: Location, changes: Changes = {}): string {
  const all = Object.entries({ ...params, ...changes });
  const query = new URLSearchParams(
    all.filter((entry): entry is [string, string] => entry[1] !== null && entry[1] !== ""),
  ).toString();
  return query === "" ? `#/${view}` : `#/${view}?${query}`;
}

/** The location, and how to go on from it. */
export function useLocation(): [Location, (changes: Changes) => void] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const read = () => setHash(location.hash);
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  return [
    locationOf(hash),
    (changes) => location.hash = hrefOf(locationOf(location.hash), changes),
  ];
}
