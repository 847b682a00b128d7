import AsyncStorage from "@react-native-async-storage/async-storage";
import NetInfo from "@react-native-community/netinfo";
import { asyncStorage, createAnalytics } from "@sluice/client/native";
import AsyncStorage3, { createAsyncStorage } from "async-storage-3";
import { randomUUID } from "expo-crypto";
import { AppState } from "react-native";

const url = "https://events.example.com";

const analytics = createAnalytics({
  url,
  store: asyncStorage(AsyncStorage),
  appState: AppState,
  network: NetInfo,
  randomUUID,
  fetch,
});
createAnalytics({ url, store: asyncStorage(AsyncStorage3) });
createAnalytics({ url, store: asyncStorage(createAsyncStorage("events")) });
analytics.track("license_signed", { license_id: "1" });
// @ts-expect-error: license_id is required
analytics.track("license_signed");
