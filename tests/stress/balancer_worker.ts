/** The thread of `balancer_thread.ts`. */

import { Balancer } from "../../src/cli/balancer.ts";
import type { BalancerOrder } from "./balancer_thread.ts";

interface WorkerScope {
  onmessage: ((event: MessageEvent<BalancerOrder>) => void) | null;
  postMessage(message: number): void;
}

const scope = self as unknown as WorkerScope;
const balancer = new Balancer({ hostname: "127.0.0.1", port: 0 });

scope.onmessage = async ({ data: order }) => {
  if (order === "close") {
    const { port } = balancer;
    await balancer[Symbol.asyncDispose]();
    scope.postMessage(port);
  } else if ("add" in order) balancer.add(order.add);
  else balancer.remove(order.remove);
};

scope.postMessage(balancer.port);
