/** A load balancer on a thread of its own: one that waited for the load's clients would notice nothing in time. */

/** What a thread is told. */
export type BalancerOrder = { readonly add: string } | { readonly remove: string } | "close";

/** A running load balancer. */
export interface BalancerThread extends AsyncDisposable {
  readonly port: number;
  /** See `Balancer.add`. */
  add(url: string): void;
  /** See `Balancer.remove`. */
  remove(url: string): void;
}

/** Starts a load balancer on a free port. */
export async function openBalancer(): Promise<BalancerThread> {
  const worker = new Worker(new URL("./balancer_worker.ts", import.meta.url), { type: "module" });
  const order = (order: BalancerOrder) => worker.postMessage(order);
  const reply = () =>
    new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  const port = await reply();
  return {
    port,
    add: (url) => order({ add: url }),
    remove: (url) => order({ remove: url }),
    async [Symbol.asyncDispose]() {
      const closed = reply();
      order("close");
      await closed;
      worker.terminate();
    },
  };
}
