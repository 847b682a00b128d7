/** Makes load, in a process of its own: reads `Order` by line, answers each load with a `LoadResult`. */

import { answerQuestions } from "../peer.ts";
import { Run } from "./run.ts";
import type { LoadResult, Order } from "./types.ts";

let run: Run | null = null;

await answerQuestions<Order, LoadResult>((order) => {
  if ("done" in order) return void run?.noteDone(order.done);
  run = new Run(order.load);
  return run.make();
});
