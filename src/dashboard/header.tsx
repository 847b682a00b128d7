/** The head of the page: name, health, sign-out, the way to the views. */

import { useEffect, useRef } from "preact/hooks";
import { count } from "./format.ts";
import { troublesOf } from "./now/health.ts";
import { Icon } from "./parts/icon.tsx";
import { Trouble } from "./parts/trouble.tsx";
import { type View, VIEWS } from "./location.ts";
import type { Watch } from "./use_overview.ts";

/** Shows them. */
export function Header({ watch, view }: { readonly watch: Watch; readonly view: View }) {
  const { failure, failingSince } = watch;
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({
      block: "nearest",
      inline: "nearest",
    });
  }, [view]);
  return (
    <header class="top">
      <div class="bar">
        <p class="brand">
          <a href="#/now">Sluice</a>
        </p>
        {failure === null && <HealthLine watch={watch} />}
        <Trouble failure={failure} since={failingSince} />
        <form method="post" action="/admin/sign-out">
          <button type="submit" class="quiet">Sign out</button>
        </form>
      </div>
      <nav ref={nav} aria-label="Views">
        {(Object.keys(VIEWS) as View[]).map((name) => (
          <a key={name} href={`#/${name}`} aria-current={name === view ? "page" : undefined}>
            {VIEWS[name]}
            {name === "dead" && <Badge n={watch.value?.deadLetters ?? 0} />}
          </a>
        ))}
      </nav>
    </header>
  );
}

function HealthLine({ watch }: { readonly watch: Watch }) {
  if (watch.value === null) return <p class="health-line">Asking…</p>;
  const troubles = troublesOf(watch.value);
  const [first] = troubles;
  return (
    <p class={`health-line ${first === undefined ? "well" : "bad"}`} role="status">
      <Icon name={first === undefined ? "well" : "bad"} />
      {first === undefined
        ? "All is well"
        : troubles.length === 1
        ? first
        : `${first}; and ${troubles.length - 1} more`}
    </p>
  );
}

function Badge({ n }: { readonly n: number }) {
  return n === 0 ? null : (
    <span class="badge">
      {count(n)}
      <span class="unseen">waiting</span>
    </span>
  );
}
