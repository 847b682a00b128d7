const { fetch } = globalThis;

/** Paths of all requests, without the query. */
export const requests: string[] = [];

globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.pathname.startsWith("/api/trpc/")) requests.push(url.pathname);
  return fetch(input, init);
};
