/** The dashboard's root: header, current view, receipt. */

import { useEffect } from "preact/hooks";
import { Header } from "./header.tsx";
import { DeadLettersView } from "./dead_letters/dead_letters_view.tsx";
import { KeysView } from "./keys/keys_view.tsx";
import { NowView } from "./now/now_view.tsx";
import { useLocation, VIEWS } from "./location.ts";
import { PlotsView } from "./plots/plots_view.tsx";
import { ReceiptSheet } from "./receipt/receipt_sheet.tsx";
import { RejectionsView } from "./rejections/rejections_view.tsx";
import { TailView } from "./tail/tail_view.tsx";
import { useOverview } from "./use_overview.ts";

/** Renders the view that the URL hash names, and a receipt over it if one is open. */
export function Dashboard() {
  const overview = useOverview();
  const [location, go] = useLocation();
  const { view, params } = location;
  useEffect(() => {
    document.title = `${VIEWS[view]} · Sluice`;
  }, [view]);
  return (
    <>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("content")?.focus();
        }}
      >
        Skip to content
      </a>
      <Header overview={overview} view={view} />
      <main id="content" tabIndex={-1}>
        <h1 class={view === "now" ? "visually-hidden" : ""}>{VIEWS[view]}</h1>
        {view === "now" && <NowView overview={overview} />}
        {view === "plots" && <PlotsView params={params} go={go} />}
        {view === "tail" && <TailView location={location} go={go} />}
        {view === "dead" && (
          <DeadLettersView
            location={location}
            go={go}
            waiting={overview.value?.deadLetters ?? null}
          />
        )}
        {view === "errors" && <RejectionsView />}
        {view === "keys" && <KeysView />}
      </main>
      {params.event !== undefined && (
        <ReceiptSheet
          key={params.event}
          id={params.event}
          onClose={() => go({ event: null })}
        />
      )}
    </>
  );
}
