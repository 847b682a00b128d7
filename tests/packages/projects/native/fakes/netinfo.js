const listeners = new Set();
const state = (isConnected) => ({
  type: isConnected ? "wifi" : "none",
  isConnected,
  isInternetReachable: isConnected,
  details: null,
});
let current = state(true);

export default {
  fetch: () => Promise.resolve(current),
  // As the real one, it calls back with the current state
  addEventListener(listener) {
    listeners.add(listener);
    Promise.resolve().then(() => listener(current));
    return () => listeners.delete(listener);
  },
};

globalThis.setConnected = (isConnected) => {
  current = state(isConnected);
  for (const listener of listeners) listener(current);
};
