const ANSWERS = 4;
const answers: string[] = [];

function note({ data }: MessageEvent<string>): void {
  answers.push(data);
  if (answers.length === ANSWERS) {
    document.querySelector("output")?.append(answers.toSorted().join(" "));
  }
}

// A dedicated worker
const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
worker.onmessage = note;
worker.postMessage(import.meta.env["VITE_TOKEN"]);

// A shared worker
const shared = new SharedWorker(new URL("./shared.ts", import.meta.url), { type: "module" });
shared.port.onmessage = note;

// A worker without a network is ended as soon as its event is saved; the next one sends it
const offline = new Worker(new URL("./killed.ts", import.meta.url), {
  type: "module",
  name: "offline",
});
offline.onmessage = () => {
  offline.terminate();
  const next = new Worker(new URL("./killed.ts", import.meta.url), { type: "module" });
  next.onmessage = note;
  next.postMessage("send");
};
offline.postMessage("track");

// A service worker
navigator.serviceWorker.onmessage = note;
await navigator.serviceWorker.register("/service_worker.js", { type: "module" });
const { active } = await navigator.serviceWorker.ready;
active?.postMessage("track");
