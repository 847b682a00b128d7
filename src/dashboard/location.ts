/** The current view and its parameters, kept in the URL hash so that every state is linkable. */

import { useEffect, useState } from "preact/hooks";

/** Titles of the views, in navigation order. */
export const VIEWS = {
  now: "Now",
  plots: "Plots",
  tail: "Live tail",
  dead: "Dead letters",
  errors: "Client errors",
  keys: "API keys",
} as const;

/** Name of a view, as in the hash. */
export type View = keyof typeof VIEWS;

/** A view with its parameters. */
export interface Location {
  readonly view: View;
  readonly params: Readonly<Record<string, string>>;
}

/** Parameters to set; `null` removes one. */
export type Changes = Readonly<Record<string, string | null>>;

/** Parses a hash; an unknown view becomes `now`. */
export function parseLocation(hash: string): Location {
  const [name = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const view = Object.hasOwn(VIEWS, name) ? name as View : "now";
  return { view, params: Object.fromEntries(new URLSearchParams(query)) };
}

/** A link to a location. The slash keeps browsers from scrolling to an element of that id. */
export function toHref({ view, params }: Location, changes: Changes = {}): string {
  const all = Object.entries({ ...params, ...changes });
  const query = new URLSearchParams(
    all.filter((entry): entry is [string, string] => entry[1] !== null && entry[1] !== ""),
  ).toString();
  return query === "" ? `#/${view}` : `#/${view}?${query}`;
}

/** The current location, and a function that changes its parameters. */
export function useLocation(): [Location, (changes: Changes) => void] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const read = () => setHash(location.hash);
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  return [
    parseLocation(hash),
    (changes) => location.hash = toHref(parseLocation(location.hash), changes),
  ];
}
