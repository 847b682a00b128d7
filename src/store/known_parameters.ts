/** Parameters of `DATABASE_URL` that are not honoured, each with the reason. */

/** What has no effect here, and why leaving it out does no harm. */
const HARMLESS: Readonly<Record<string, string>> = {
  channel_binding: "the driver has none; Neon adds it to every URL, and TLS protects the password",
  charset: "text is always sent as UTF-8",
  client_encoding: "text is always sent as UTF-8",
  encoding: "text is always sent as UTF-8",
  gssdelegation: "only for Kerberos, which is not used",
  gsslib: "only for Kerberos, which is not used",
  krbsrvname: "only for Kerberos, which is not used",
  keepalives_count: "the system's number of keepalives is as good",
  keepalives_interval: "the system's interval is as good",
  load_balance_hosts: "hosts are tried in their order",
  max_protocol_version: "the driver uses the one that every server knows",
  min_protocol_version: "the driver uses the one that every server knows",
  pool_timeout: "a statement has a deadline of its own",
  socket_timeout: "a statement has a deadline of its own",
  sslcompression: "TLS without compression is the safer one",
  sslinline: "certificates may always be given themselves",
  sslkeylogfile: "keys are never written to a file",
  sslsni: "the server's name is always sent",
  ssl_max_protocol_version: "the newest version that both know is used",
  tcp_user_timeout: "a statement has a deadline of its own",
  timezone: "the session is in UTC, by which months and minutes are counted",
  uselibpqcompat: "sslmode always means what it means in libpq",
};

/** What cannot be honoured, and what to do instead. */
export const REFUSED: Readonly<Record<string, string>> = {
  oauth_client_id: "sign in with a password or a certificate",
  oauth_client_secret: "sign in with a password or a certificate",
  oauth_issuer: "sign in with a password or a certificate",
  oauth_scope: "sign in with a password or a certificate",
  passfile: "put the password into the URL",
  requirepeer: "the owner of a socket is not checked",
  require_auth: "the server chooses how to sign in; use sslmode=verify-full",
  replication: "events are written over ordinary connections",
  scram_client_key: "put the password into the URL",
  scram_server_key: "put the password into the URL",
  service: "put the connection into the URL",
  servicefile: "put the connection into the URL",
  sslcrl: "revoked certificates are not checked",
  sslcrldir: "revoked certificates are not checked",
  sslidentity: "use sslcert and sslkey, in PEM",
  sslpassword: "use a key that is not encrypted",
};

/** Whether a parameter is known, and changes nothing. */
export function hasNoEffect(name: string): boolean {
  return name in HARMLESS;
}
