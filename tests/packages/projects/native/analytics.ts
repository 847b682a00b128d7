import AsyncStorage from "@react-native-async-storage/async-storage";
import NetInfo from "@react-native-community/netinfo";
import { asyncStorage, createAnalytics, type NativeAnalytics } from "@sluice/client/native";
import { AppState } from "react-native";
import { host } from "./host";

export function start(url: string): NativeAnalytics {
  return createAnalytics({
    url,
    store: asyncStorage(AsyncStorage),
    appState: AppState,
    network: NetInfo,
    randomUUID: () => host.randomUUID(),
    flushIntervalMs: 60_000,
  });
}
