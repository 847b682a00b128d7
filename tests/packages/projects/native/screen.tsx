import { type Analytics } from "@sluice/client/native";
import { AnalyticsProvider, useAnalytics } from "@sluice/client/react";
import { type ReactElement, useEffect } from "react";

interface ScreenProps {
  readonly name: string;
  readonly onShown: () => void;
}

function Screen({ name, onShown }: ScreenProps): ReactElement | null {
  const { track } = useAnalytics();
  useEffect(() => {
    track("page_viewed", { from: "native", screen: name });
    onShown();
  }, [track, name, onShown]);
  return null;
}

interface AppProps {
  readonly analytics: Analytics;
  readonly onShown: () => void;
}

export function App({ analytics, onShown }: AppProps): ReactElement {
  return (
    <AnalyticsProvider analytics={analytics}>
      <Screen name="home" onShown={onShown} />
    </AnalyticsProvider>
  );
}
