/** Web Locks of one process, where the platform has none, as in React Native. */

const last = new Map<string, Promise<void>>();

/** Runs work under a name when all earlier work under it has ended. */
export const turns = {
  request(name: string, work: () => Promise<void>): Promise<void> {
    const turn = (last.get(name) ?? Promise.resolve()).then(work);
    last.set(name, turn.catch(() => {}));
    return turn;
  },
};
