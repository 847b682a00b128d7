/** The demo's shop, tracked as a real site would be. */

import { useEffect, useRef, useState } from "react";
import { trackReadComplete, trackScrollDepth } from "../client/mod.ts";
import { useAnalytics, useTrackView } from "../client/react.tsx";
import { type Asset, ASSETS, POST } from "./content.ts";

/** Pictures to license, a post, and a button that sends an invalid event. */
export function Shop() {
  const { track } = useAnalytics();
  const [openAsset, setOpenAsset] = useState<Asset | null>(null);
  return (
    <main>
      <header>
        <p className="brand">Sluice · demo</p>
        <h1>A small shop that never loses an event</h1>
        <p className="lead">
          View a picture, license it, read the post. The panel follows each event from this browser
          into Postgres.
        </p>
      </header>
      <section aria-label="Pictures" className="assets">
        {ASSETS.map((asset) => (
          <article key={asset.id}>
            <button
              type="button"
              className={`art ${asset.className}`}
              aria-expanded={openAsset?.id === asset.id}
              aria-label={`View ${asset.title}`}
              onClick={() => setOpenAsset(openAsset?.id === asset.id ? null : asset)}
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
      {openAsset && (
        <Viewer
          key={openAsset.id}
          asset={openAsset}
          onClose={() => setOpenAsset(null)}
        />
      )}
      <Post />
      <section className="mistake">
        <h2>Send an invalid event</h2>
        <p>
          An event that breaks a rule is rejected and reported to the page. It does not hold up any
          other event, and is not sent again.
        </p>
        <button type="button" onClick={() => track<string>("post_viewed", { post: "unnamed" })}>
          Send an event without a required prop
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
      <div className={`art ${asset.className}`} />
      <p>
        You are viewing <b>{asset.title}</b>. The time until you close it is tracked.
      </p>
      <button type="button" onClick={onClose}>Close</button>
    </section>
  );
}

function Post() {
  const { track } = useAnalytics();
  const article = useRef<HTMLElement>(null);
  useEffect(() => {
    const options = {
      props: { post_id: POST.id },
      entityType: "post",
      entityId: POST.id,
    } as const;
    const tracker = { track };
    const stops = [trackScrollDepth(tracker, options)];
    if (article.current) stops.push(trackReadComplete(tracker, article.current, options));
    return () => stops.forEach((stop) => stop());
  }, [track]);
  return (
    <article className="post" ref={article}>
      <h2>{POST.title}</h2>
      {POST.paragraphs.map((text) => <p key={text}>{text}</p>)}
    </article>
  );
}
