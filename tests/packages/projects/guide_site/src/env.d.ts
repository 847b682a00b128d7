interface ImportMeta {
  readonly env: Readonly<Record<"VITE_SLUICE_URL" | "VITE_TOKEN" | "VITE_PART", string>>;
}
