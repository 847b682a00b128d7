const listeners = new Set();

export const AppState = {
  currentState: "active",
  isAvailable: true,
  addEventListener(type, listener) {
    if (type === "change") listeners.add(listener);
    return { remove: () => listeners.delete(listener) };
  },
};

globalThis.setAppState = (state) => {
  AppState.currentState = state;
  for (const listener of listeners) listener(state);
};
