/** What the phone has. */
interface Host {
  randomUUID(): string;
}

export const host: Host = (globalThis as unknown as { host: Host }).host;
