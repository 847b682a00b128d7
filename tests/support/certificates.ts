/** Certificates of a self-made authority, made by `openssl`. */

/** Paths of PEM files. */
export interface Certificates extends AsyncDisposable {
  readonly authority: string;
  /** An authority that has certified nothing. */
  readonly otherAuthority: string;
  /** For `localhost`. */
  readonly server: { readonly certificate: string; readonly key: string };
  /** Of the role `sluice`. */
  readonly client: { readonly certificate: string; readonly key: string };
  /** Of an authority that has certified nothing else. */
  readonly clientOfOther: { readonly certificate: string; readonly key: string };
}

/** Makes the certificates in a temporary folder; on behalf of root, the server's are PostgreSQL's. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-certificates-" });
  await Deno.chmod(folder, 0o755);
  const path = (name: string) => `${folder}/${name}.pem`;
  const newKey = (
    name: string,
  ) => ["-newkey", "rsa:2048", "-nodes", "-keyout", path(`${name}-key`)];
  for (const name of ["authority", "other"]) {
    await openssl("req", "-x509", ...newKey(name), "-out", path(name), "-subj", `/CN=${name}`);
  }
  for (const [name, subject] of [["server", "localhost"], ["client", "sluice"]] as const) {
    const request = path(`${name}-request`);
    const extensions = `${folder}/${name}.extensions`;
    await Deno.writeTextFile(extensions, `subjectAltName=DNS:${subject}`);
    await openssl("req", ...newKey(name), "-out", request, "-subj", `/CN=${subject}`);
    const authority = [
      "-CA",
      path("authority"),
      "-CAkey",
      path("authority-key"),
      "-CAcreateserial",
    ];
    const signed = ["-out", path(name), "-extfile", extensions];
    await openssl("x509", "-req", "-in", request, ...authority, ...signed);
    await Deno.chmod(path(`${name}-key`), 0o600);
  }
  if (Deno.uid() === 0) await run("chown", "postgres", path("server-key"));
  return {
    authority: path("authority"),
    otherAuthority: path("other"),
    server: { certificate: path("server"), key: path("server-key") },
    client: { certificate: path("client"), key: path("client-key") },
    clientOfOther: { certificate: path("other"), key: path("other-key") },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

function openssl(...args: readonly string[]): Promise<void> {
  return run("openssl", ...args);
}

async function run(command: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args: [...args], stdout: "null" })
    .output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}
