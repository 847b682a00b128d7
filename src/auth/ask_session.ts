/** Asks an endpoint whose session a cookie is. */

import { readText } from "./fetched.ts";

/** A response that does not say whether there is a session. */
export class UnreadableAnswerError extends Error {
  override readonly name = "UnreadableAnswerError";
}

/** Some have the picture of the user, as a data URL. */
const MAX_LENGTH = 1_048_576;
/** Endpoints say with these that there is no session. */
const NOBODY = [204, 401, 403];

/**
 * Returns what the endpoint says about the cookies, or `null` if there is no session.
 *
 * Only these cookies are sent, only to this URL: a redirect is a failure.
 *
 * @throws {UnreadableAnswerError} if it responds, but does not say
 */
export async function askSession(
  url: string,
  cookies: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>> | null> {
  const headers = { accept: "application/json", cookie: cookies };
  const response = await fetch(url, { headers, signal, redirect: "manual" });
  if (response.status !== 200) {
    await response.body?.cancel();
    if (NOBODY.includes(response.status)) return null;
    throw new UnreadableAnswerError(
      `the status is ${response.status}, must be 200 or, without a session, 401`,
    );
  }
  const answer = parseAnswer(await readText(response, MAX_LENGTH));
  // Without a session, Better Auth and Auth.js respond with null, NextAuth with {}, others {"user": null}.
  const isNobody = Object.values(answer ?? {}).every((value) => value === null);
  return isNobody ? null : answer as Record<string, unknown>;
}

function parseAnswer(text: string): object | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new UnreadableAnswerError("the response is not JSON"); // the log is not for pages
  }
  if (typeof answer === "object" && !Array.isArray(answer)) return answer;
  throw new UnreadableAnswerError("the response is neither a JSON object nor null");
}

/** When a session ends, in epoch milliseconds, if the answer says so as Better Auth or Auth.js do. */
export function readExpiry(answer: Readonly<Record<string, unknown>>): number {
  const { session, expires } = answer;
  const nested = typeof session === "object" && session !== null && "expiresAt" in session
    ? session.expiresAt
    : undefined;
  const times = [nested, expires].map((time) => typeof time === "string" ? Date.parse(time) : NaN);
  return times.find((time) => !Number.isNaN(time)) ?? Infinity;
}
