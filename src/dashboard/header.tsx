/** The page header: name, health, sign-out, navigation. */

import { useEffect, useRef } from "preact/hooks";
import { SERVICE } from "./api.ts";
import { count } from "./format.ts";
import { problemsOf } from "./now/health.ts";
import { Icon } from "./parts/icon.tsx";
import { FailureNotice } from "./parts/failure_notice.tsx";
import { type View, VIEWS } from "./location.ts";
import type { LiveOverview } from "./use_overview.ts";

/** The sticky header. A failing connection replaces the health line. */
export function Header(
  { overview, view }: { readonly overview: LiveOverview; readonly view: View },
) {
  const { failure, failingSince } = overview;
  const waiting = overview.value?.deadLetters ?? 0;
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({
      block: "nearest",
      inline: "nearest",
    });
  }, [view, waiting]); // the badge moves the links after it
  return (
    <header class="top">
      <div class="bar">
        <p class="brand">
          <a href="#/now">Sluice</a>
        </p>
        {failure === null && <HealthLine overview={overview} />}
        <FailureNotice failure={failure} since={failingSince} />
        <form method="post" action={`${SERVICE}/admin/sign-out`}>
          <button type="submit" class="quiet">Sign out</button>
        </form>
      </div>
      <nav ref={nav} aria-label="Views">
        {(Object.keys(VIEWS) as View[]).map((name) => (
          <a key={name} href={`#/${name}`} aria-current={name === view ? "page" : undefined}>
            {VIEWS[name]}
            {name === "dead" && <Badge n={waiting} />}
          </a>
        ))}
      </nav>
    </header>
  );
}

function HealthLine({ overview }: { readonly overview: LiveOverview }) {
  if (overview.value === null) return <p class="health-line">Loading…</p>;
  const problems = problemsOf(overview.value);
  const [first] = problems;
  return (
    <p class={`health-line ${first === undefined ? "good" : "bad"}`} role="status">
      <Icon name={first === undefined ? "good" : "bad"} />
      {first === undefined
        ? "All systems operational"
        : problems.length === 1
        ? first
        : `${first} (and ${problems.length - 1} more)`}
    </p>
  );
}

function Badge({ n }: { readonly n: number }) {
  return n === 0 ? null : (
    <span class="badge">
      {count(n)}
      <span class="visually-hidden">waiting</span>
    </span>
  );
}
