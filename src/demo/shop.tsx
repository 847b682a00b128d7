/** The demo's shop: every click on it is tracked as a real site would. */

import { useEffect, useRef, useState } from "react";
import { trackReadComplete, trackScrollDepth } from "../client/mod.ts";
import { useAnalytics, useTrackView } from "../client/react.tsx";
import { type Asset, ASSETS, POST } from "./goods.ts";

/** Pictures, a post, and a mistake to make. */
export function Shop() {
  const { track } = useAnalytics();
  const [open, setOpen] = useState<Asset | null>(null);
  return (
    <main>
      <header>
        <p className="brand">Sluice · demo</p>
        <h1>A small shop that loses no event</h1>
        <p className="lead">
          Look at a picture, sign a license, read the post. The panel shows each event travel from
          this browser into Postgres.
        </p>
      </header>
      <section aria-label="Pictures" className="assets">
        {ASSETS.map((asset) => (
          <article key={asset.id}>
            <button
              type="button"
              className={`art ${asset.look}`}
              aria-expanded={open?.id === asset.id}
              aria-label={`Look at ${asset.title}`}
              onClick={() => setOpen(open?.id === asset.id ? null : asset)}
            />
            <h3>{asset.title}</h3>
            <p>{asset.artist}</p>
            <button
              type="button"
              onClick={() =>
                track("license_signed", {
                  license_id: crypto.randomUUID(),
                  amount_cents: asset.cents,
                }, { entityType: "asset", entityId: asset.id })}
            >
              License for ${asset.cents / 100}
            </button>
          </article>
        ))}
      </section>
      {open && <Viewer key={open.id} asset={open} onClose={() => setOpen(null)} />}
      <Post />
      <section className="mistake">
        <h2>Make a mistake</h2>
        <p>
          An event that breaks a rule is refused once, told to the page, and stops nothing else.
        </p>
        <button type="button" onClick={() => track<string>("post_viewed", { post: "unnamed" })}>
          Send an event without its required prop
        </button>
      </section>
    </main>
  );
}

function Viewer({ asset, onClose }: { readonly asset: Asset; readonly onClose: () => void }) {
  useTrackView("asset_viewed", { title: asset.title }, {
    entityType: "asset",
    entityId: asset.id,
  });
  return (
    <section className="viewer" aria-label={asset.title}>
      <div className={`art ${asset.look}`} />
      <p>
        You are looking at <b>{asset.title}</b>. How long is told when you close it.
      </p>
      <button type="button" onClick={onClose}>Close</button>
    </section>
  );
}

function Post() {
  const { track } = useAnalytics();
  const article = useRef<HTMLElement>(null);
  useEffect(() => {
    const about = {
      props: { post_id: POST.id },
      entityType: "post",
      entityId: POST.id,
    } as const;
    const tracker = { track };
    const stops = [trackScrollDepth(tracker, about)];
    if (article.current) stops.push(trackReadComplete(tracker, article.current, about));
    return () => stops.forEach((stop) => stop());
  }, [track]);
  return (
    <article className="post" ref={article}>
      <h2>{POST.title}</h2>
      {POST.paragraphs.map((text) => <p key={text}>{text}</p>)}
    </article>
  );
}
