/**
 * How a caller tells, of an event that a batch did not take, whether to send it again: the answer's
 * shape has no field for that (contract 3.2), so its error ends with these words. Free of imports, so
 * that browser code may share it.
 */

/** Ends every error that is worth a repeat (contract 2.8, 2.9, 2.10), and no other. */
export const SEND_AGAIN = "send it again";

/** Whether an event with this error may be taken when it is sent again. */
export function isWorthRepeating(error: string): boolean {
  return /; send it again( in \d+ s)?$/.test(error);
}
