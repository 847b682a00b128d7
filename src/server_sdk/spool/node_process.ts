/** This process by `node:process`, which Node, Deno and Bun have. */

import { hostname } from "node:os";
import process from "node:process";
import type { ProcessInfo } from "./owner.ts";

/** Describes this process. */
export function thisProcess(): ProcessInfo {
  return {
    pid: process.pid,
    host: readHostname(),
    startedAt: Math.round(Date.now() - process.uptime() * 1_000),
    isAlive,
  };
}

function readHostname(): string {
  try {
    return hostname();
  } catch {
    return ""; // Deno without the permission
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== "ESRCH"; // else another user's
  }
}
