import type { TrackEventInput } from "@/types/analytics";

export interface Asset {
  id: string;
  type: string;
  category: string;
}

export const isAdmin = true;
export const toast = {
  success: (message: string): void => console.log(message),
  error: (message: string): void => console.error(message),
};

const QUEUE = "queued_events";

export function getQueuedEventsFromStorage(): TrackEventInput[] {
  return JSON.parse(localStorage.getItem(QUEUE) ?? "[]");
}

export function queueFailedEvent(event: TrackEventInput): void {
  localStorage.setItem(QUEUE, JSON.stringify([...getQueuedEventsFromStorage(), event]));
}

export function removeEventFromQueue(event: TrackEventInput | undefined): void {
  const queued = getQueuedEventsFromStorage();
  const index = queued.findIndex((other) => JSON.stringify(other) === JSON.stringify(event));
  if (index !== -1) queued.splice(index, 1);
  localStorage.setItem(QUEUE, JSON.stringify(queued));
}

export function chunkArray<T>(array: T[], size: number): T[][] {
  const count = Math.ceil(array.length / size);
  return Array.from({ length: count }, (_, i) => array.slice(i * size, (i + 1) * size));
}

export function getAnonymousSessionId(): string {
  return crypto.randomUUID();
}

export function queueEventForLater(): void {}
export function retryWithBackoff(): void {}
