// The methods of version 3, on a disk that outlives the app
const { disk } = globalThis.host;
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

export default {
  async getItem(key) {
    await turn();
    return disk.get(key) ?? null;
  },
  async setItem(key, value) {
    if (typeof value !== "string") throw new TypeError(`${key} is no text`);
    await turn();
    disk.set(key, value);
  },
  async removeItem(key) {
    await turn();
    disk.delete(key);
  },
  async getMany(keys) {
    await turn();
    return Object.fromEntries(keys.map((key) => [key, disk.get(key) ?? null]));
  },
  async setMany(entries) {
    await turn();
    for (const [key, value] of Object.entries(entries)) disk.set(key, value);
  },
  async removeMany(keys) {
    await turn();
    for (const key of keys) disk.delete(key);
  },
  async getAllKeys() {
    await turn();
    return [...disk.keys()];
  },
  async clear() {
    await turn();
    disk.clear();
  },
};
