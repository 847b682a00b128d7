/**
 * Marks the rejected events of a batch that should be sent again: the response has no field for it, so
 * their errors end with these words (contract 3.2). No imports: browser code shares this file.
 */

/** Ends the error of every event that should be sent again (contract 2.8, 2.9, 2.10), and no other. */
export const SEND_AGAIN = "send it again";

/** Whether an event with this error may be accepted when it is sent again. */
export function isWorthRepeating(error: string): boolean {
  return /; send it again( in \d+ s)?$/.test(error);
}
