/** `DATABASE_URL` as providers print it. */

import {
  type DatabaseUrl,
  DatabaseUrlError,
  parseDatabaseUrl,
} from "../../src/store/database_url.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";

const PLAIN: DatabaseUrl = {
  hosts: [{ name: "h", port: 5432 }],
  user: "u",
  password: "p",
  database: "d",
  tls: { mode: "prefer", rootCertificate: null, certificate: null, key: null, isDirect: false },
  session: {},
  connectTimeoutSeconds: null,
  keepAliveSeconds: null,
  connectionLimit: null,
  isPooled: false,
  needsWritable: false,
  ignored: [],
};

/** A URL, what it differs in from `PLAIN`, and whose it is. */
const URLS: readonly (readonly [who: string, url: string, expected: Partial<DatabaseUrl>])[] = [
  ["by hand", "postgres://u:p@h/d", {}],
  ["by hand, another scheme", "postgresql://u:p@h:5433/d", { hosts: [{ name: "h", port: 5433 }] }],
  ["by hand, all capitals", "POSTGRES://u:p@h/d", {}],
  ["a secret file with a line end", "postgres://u:p@h/d\n", {}],
  ["by hand, nothing but the host", "postgres://h", { user: null, password: null, database: null }],
  ["a password with an @", "postgres://u:p@ss@h/d", { password: "p@ss" }],
  ["an encoded password", "postgres://u%40x:p%2F%3F%23%25@h/d%20e", {
    user: "u@x",
    password: "p/?#%",
    database: "d e",
  }],
  ["IPv6", "postgres://u:p@[2001:db8::1]:5433/d", { hosts: [{ name: "2001:db8::1", port: 5433 }] }],
  [
    "Neon",
    "postgresql://u:p@ep-cool-1-pooler.eu-central-1.aws.neon.tech/d?sslmode=require&channel_binding=require",
    {
      hosts: [{ name: "ep-cool-1-pooler.eu-central-1.aws.neon.tech", port: 5432 }],
      tls: { ...PLAIN.tls, mode: "require" },
    },
  ],
  ["Neon without SNI", "postgres://u:p@h/d?options=endpoint%3Dep-cool-1", {
    session: { options: "endpoint=ep-cool-1" },
  }],
  [
    "Supabase, pooled",
    "postgresql://postgres.ref:p@aws-0-eu-central-1.pooler.supabase.com:6543/postgres?pgbouncer=true&connection_limit=1",
    {
      hosts: [{ name: "aws-0-eu-central-1.pooler.supabase.com", port: 6543 }],
      user: "postgres.ref",
      database: "postgres",
      isPooled: true,
      connectionLimit: 1,
    },
  ],
  ["Vercel with Supabase", "postgres://u:p@h:6543/d?sslmode=require&supa=base-pooler.x", {
    hosts: [{ name: "h", port: 6543 }],
    tls: { ...PLAIN.tls, mode: "require" },
    ignored: ["supa"],
  }],
  ["Prisma", "postgresql://u:p@h:5432/d?schema=public&connect_timeout=30&pool_timeout=10", {
    connectTimeoutSeconds: 30,
  }],
  ["Prisma, another schema", "postgresql://u:p@h/d?schema=tracking", {
    session: { search_path: '"tracking"' },
  }],
  ["Prisma with a socket", "postgresql://u:p@localhost/d?host=/var/run/postgresql", {
    hosts: [{ path: "/var/run/postgresql/.s.PGSQL.5432" }],
  }],
  [
    "Prisma with an authority",
    "postgres://u:p@h/d?sslmode=require&sslcert=ca.pem&sslaccept=strict",
    {
      tls: { ...PLAIN.tls, mode: "verify-full", rootCertificate: "ca.pem" },
    },
  ],
  ["Heroku", "postgres://u:p@ec2-1-2-3-4.compute-1.amazonaws.com:5432/d", {
    hosts: [{ name: "ec2-1-2-3-4.compute-1.amazonaws.com", port: 5432 }],
  }],
  ["Heroku for node-postgres", "postgres://u:p@h/d?sslmode=no-verify", {
    tls: { ...PLAIN.tls, mode: "require" },
  }],
  ["Cloud SQL, Cloud Run", "postgres://u:p@/d?host=/cloudsql/project:region:instance", {
    hosts: [{ path: "/cloudsql/project:region:instance/.s.PGSQL.5432" }],
  }],
  ["Cloud SQL, encoded", "postgres://u:p@%2Fcloudsql%2Fproject%3Aregion%3Ainstance/d", {
    hosts: [{ path: "/cloudsql/project:region:instance/.s.PGSQL.5432" }],
  }],
  ["Cloud SQL for Python", "postgres://u:p@/d?unix_sock=/cloudsql/p:r:i/.s.PGSQL.5432", {
    hosts: [{ path: "/cloudsql/p:r:i/.s.PGSQL.5432" }],
  }],
  [
    "Cloud SQL with certificates",
    "postgres://u:p@h/d?sslmode=verify-ca&sslrootcert=server-ca.pem&sslcert=client-cert.pem&sslkey=client-key.pem",
    {
      tls: {
        ...PLAIN.tls,
        mode: "verify-ca",
        rootCertificate: "server-ca.pem",
        certificate: "client-cert.pem",
        key: "client-key.pem",
      },
    },
  ],
  ["RDS", "postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/certs/global-bundle.pem", {
    tls: { ...PLAIN.tls, mode: "verify-full", rootCertificate: "/certs/global-bundle.pem" },
  }],
  ["the system's authorities", "postgres://u:p@h/d?sslrootcert=system", {
    tls: { ...PLAIN.tls, mode: "verify-full" },
  }],
  ["an authority alone", "postgres://u:p@h/d?sslrootcert=ca.pem", {
    tls: { ...PLAIN.tls, mode: "verify-ca", rootCertificate: "ca.pem" },
  }],
  [
    "require with an authority, as in libpq",
    "postgres://u:p@h/d?sslmode=require&sslrootcert=ca.pem",
    {
      tls: { ...PLAIN.tls, mode: "verify-ca", rootCertificate: "ca.pem" },
    },
  ],
  ["without TLS", "postgres://u:p@h/d?sslmode=disable", { tls: { ...PLAIN.tls, mode: "disable" } }],
  ["allow", "postgres://u:p@h/d?sslmode=allow", {}],
  ["node-postgres", "postgres://u:p@h/d?ssl=true", { tls: { ...PLAIN.tls, mode: "verify-full" } }],
  ["node-postgres without TLS", "postgres://u:p@h/d?ssl=false", {
    tls: { ...PLAIN.tls, mode: "disable" },
  }],
  ["JDBC", "postgresql://u:p@h/d?ApplicationName=app&currentSchema=s&sslmode=require", {
    tls: { ...PLAIN.tls, mode: "require" },
    session: { application_name: "app", search_path: "s" },
  }],
  ["JDBC, several schemas", "postgres://u:p@h/d?currentSchema=a,public", {
    session: { search_path: "a,public" },
  }],
  ["JDBC, the usual schemas", 'postgres://u:p@h/d?currentSchema="$user",public', {}],
  ["JDBC, capitals", "postgres://u:p@h/d?currentSchema=%22My%20Schema%22", {
    session: { search_path: '"My Schema"' },
  }],
  ["several schemas", "postgres://u:p@h/d?schema=a,public", {
    session: { search_path: '"a", "public"' },
  }],
  ["schemas with odd names", 'postgres://u:p@h/d?schema=A-b c, "x,""y",%22', {
    session: { search_path: '"A-b c", "x,""y", """"' },
  }],
  ["a search path", "postgres://u:p@h/d?search_path=a,public", {
    session: { search_path: "a,public" },
  }],
  ["a search path in options", "postgres://u:p@h/d?options=-c search_path=a,public", {
    session: { options: "-c search_path=a,public" },
  }],
  [
    "JDBC as it is printed",
    "jdbc:postgresql://h:6543/postgres?user=postgres.ref&password=p%40ss&targetServerType=master",
    {
      hosts: [{ name: "h", port: 6543 }],
      user: "postgres.ref",
      password: "p@ss",
      database: "postgres",
      needsWritable: true,
    },
  ],
  ["SQLAlchemy", "postgresql+psycopg2://u:p@h/d", {}],
  ["SQLAlchemy, asyncpg", "postgresql+asyncpg://u:p@/d?host=/s/.s.PGSQL.5433", {
    hosts: [{ path: "/s/.s.PGSQL.5433" }],
  }],
  ["quotes that Docker keeps", '"postgres://u:p@h/d"', {}],
  ["quotes and line ends", "\r\n 'postgres://u:p@h/d\n' \r\n", {}],
  ["Azure, single server", "postgres://u@server:p@h/d", { user: "u@server" }],
  ["Azure in parameters", "postgres://h/d?user=u@server&password=p@ss", {
    user: "u@server",
    password: "p@ss",
  }],
  ["CockroachDB", "postgresql://u:p@h:26257/d?sslmode=verify-full&options=--cluster%3Dc-1", {
    hosts: [{ name: "h", port: 26257 }],
    tls: { ...PLAIN.tls, mode: "verify-full" },
    session: { options: "--cluster=c-1" },
  }],
  ["libpq, pairs", "host=h port=5433 dbname=d user=u@server password=p sslmode=require", {
    hosts: [{ name: "h", port: 5433 }],
    user: "u@server",
    tls: { ...PLAIN.tls, mode: "require" },
  }],
  ["libpq, pairs with quotes", "host = '/tmp'\nuser=u password='p \\'\\\\ s' dbname=d\\ e", {
    hosts: [{ path: "/tmp/.s.PGSQL.5432" }],
    password: "p '\\ s",
    database: "d e",
  }],
  ["an address to connect to", "postgres://u:p@h/d?hostaddr=10.0.0.1&sslmode=verify-full", {
    hosts: [{ name: "h", port: 5432, address: "10.0.0.1" }],
    tls: { ...PLAIN.tls, mode: "verify-full" },
  }],
  ["addresses of some hosts", "postgres://u:p@h1,h2/d?hostaddr=,2001:db8::1", {
    hosts: [{ name: "h1", port: 5432 }, { name: "h2", port: 5432, address: "2001:db8::1" }],
  }],
  ["an address without a host", "postgres://u:p@/d?hostaddr=10.0.0.1", {
    hosts: [{ name: "10.0.0.1", port: 5432 }],
  }],
  ["a parameter twice, one empty", "postgres://u:p@h/d?sslmode=require&sslmode=", {
    tls: { ...PLAIN.tls, mode: "require" },
  }],
  ["a parameter twice, the same", "postgres://u:p@h/d?sslmode=require&sslmode=require", {
    tls: { ...PLAIN.tls, mode: "require" },
  }],
  ["ssl and sslmode that agree", "postgres://u:p@h/d?ssl=true&sslmode=require", {
    tls: { ...PLAIN.tls, mode: "require" },
  }],
  [
    "parameters without effect, twice",
    "postgres://u:p@h/d?x=1&x=2&channel_binding=a&channel_binding=b",
    {
      ignored: ["x"],
    },
  ],
  ["an old client", "postgres://u:p@h/d?requiressl=1", { tls: { ...PLAIN.tls, mode: "require" } }],
  ["direct TLS", "postgres://u:p@h/d?sslmode=require&sslnegotiation=direct", {
    tls: { ...PLAIN.tls, mode: "require", isDirect: true },
  }],
  ["the usual negotiation", "postgres://u:p@h/d?sslnegotiation=postgres", {}],
  ["no certificate", "postgres://u:p@h/d?sslcertmode=disable&sslcert=c&sslkey=k", {}],
  ["an ordinary connection", "postgres://u:p@h/d?replication=false&connect_timeout=-1", {}],
  ["libpq, in parameters", "postgres:///?host=h&port=5433&user=u&password=p&dbname=d", {
    hosts: [{ name: "h", port: 5433 }],
  }],
  ["a socket", "postgres:///d?host=/tmp&port=5433&user=u&password=p", {
    hosts: [{ path: "/tmp/.s.PGSQL.5433" }],
  }],
  ["a socket in the host's place", "postgres://u:p@%2Ftmp:5433/d", {
    hosts: [{ path: "/tmp/.s.PGSQL.5433" }],
  }],
  ["several hosts", "postgres://u:p@h1:5433,h2,[::1]:5434/d?target_session_attrs=read-write", {
    hosts: [
      { name: "h1", port: 5433 },
      { name: "h2", port: 5432 },
      { name: "::1", port: 5434 },
    ],
    needsWritable: true,
  }],
  ["several hosts and one port", "postgres://u:p@/d?host=h1,h2&port=5433", {
    hosts: [{ name: "h1", port: 5433 }, { name: "h2", port: 5433 }],
  }],
  ["any of several", "postgres://u:p@h1,h2/d?target_session_attrs=any&load_balance_hosts=disable", {
    hosts: [{ name: "h1", port: 5432 }, { name: "h2", port: 5432 }],
  }],
  [
    "settings of the session",
    "postgres://u:p@h/d?application_name=a&options=-c%20lock_timeout%3D1&statement_timeout=5000&app.tenant=t",
    {
      session: {
        application_name: "a",
        options: "-c lock_timeout=1",
        statement_timeout: "5000",
        "app.tenant": "t",
      },
    },
  ],
  ["keepalives", "postgres://u:p@h/d?keepalives=1&keepalives_idle=30&keepalives_count=3", {
    keepAliveSeconds: 30,
  }],
  ["no keepalives", "postgres://u:p@h/d?keepalives=0&keepalives_idle=30", { keepAliveSeconds: 0 }],
  ["no timeout", "postgres://u:p@h/d?connect_timeout=0", {}],
  ["no Kerberos", "postgres://u:p@h/d?gssencmode=prefer&krbsrvname=postgres", {}],
  ["a time zone", "postgres://u:p@h/d?TimeZone=Europe/Berlin&client_encoding=UTF8", {}],
  ["empty parameters", "postgres://u:p@h/d?sslmode=&schema=&&x", {}],
  ["a misspelt parameter", "postgres://u:p@h/d?pgbuoncer=true", { ignored: ["pgbuoncer"] }],
];

for (const [who, url, expected] of URLS) {
  Deno.test(`12.4 DATABASE_URL: ${who}`, () => {
    assertEquals(parseDatabaseUrl(url), { ...PLAIN, ...expected });
  });
}

const WRONG: Readonly<Record<string, string>> = {
  "mysql://u:secret@h/d": "a URL like postgres://",
  "prisma://accelerate.prisma-data.net/?api_key=secret": "not one of Prisma Accelerate",
  "prisma+postgres://accelerate.prisma-data.net/?api_key=secret": "not one of Prisma Accelerate",
  "postgres://u:secret%00x@h/d": "a URL like postgres://",
  "postgres://u:secret@h/d?application_name=a%00b": "a URL like postgres://",
  "postgres://u:1?secret@h/d": "a URL like postgres://",
  "postgres://u:1?a=secret@h/d": "a URL like postgres://",
  "postgres://u:1/2?a=secret@h/d": "a URL like postgres://",
  "postgres://u:1?secret&3@h/d": "a URL like postgres://",
  "postgres://u:p@h?secret=1@h2/d": "a URL like postgres://",
  "'postgres://u:secret@h/d": "a URL like postgres://",
  "host=h password='secret": "a URL like postgres://",
  "host=h password=a secret": "a URL like postgres://",
  "Host=h;Username=u;Password=secret;Database=d": "a URL like postgres://",
  "Server=h;Database=d;Port=5432;User Id=u;Password=secret;": "a URL like postgres://",
  "dbname=d user=u password=secret": "a URL like postgres://",
  "h:5432": "a URL like postgres://",
  "postgres://": "a URL like postgres://",
  "postgres:///d": "a URL like postgres://",
  "postgres://u:sec ret@h/d": "a URL like postgres://",
  "postgres://u:sec#ret@h/d": "a URL like postgres://",
  "postgres://u:sec%ret@h/d": "a URL like postgres://",
  "postgres://u:1/secret@h": "a URL like postgres://",
  "postgres://u:sec/ret@h/d": "a URL like postgres://",
  "postgres://u:secret@h,/d": "a URL like postgres://",
  "postgres://u:secret@h:0/d": "a port from 1 to 65535",
  "postgres://u:secret@h:65536/d": "a port from 1 to 65535",
  "postgres://u:secret@/d?host=a,b,c&port=1,2": "one port, or one for each host",
  "postgres://u:secret@h/d?sslmode=always": "with sslmode one of disable, allow, prefer, require",
  "postgres://u:secret@h/d?ssl=yes": "with sslmode one of",
  "postgres://u:secret@h/d?sslmode=require&sslmode=disable": "with one sslmode",
  "postgres://u:secret@h/d?sslmode=disable&SSLMODE=verify-full": "with one sslmode",
  "postgres://u:secret@h/d?sslrootcert=a&sslrootcert=b": "with one sslrootcert",
  "postgres://u:secret@h/d?host=a&host=b": "with one host",
  "postgres://u:p@h/d?password=secret1&password=secret2": "with one password",
  "postgres://u:secret@h/d?application_name=a&ApplicationName=b": "with one application_name",
  "postgres://u:secret@h/d?app.tenant=a&app.tenant=b": "with one app.tenant",
  "host=a host=b password=secret": "with one host",
  "postgres://u:secret@h/d?sslmode=require&ssl=false": "with either sslmode or ssl",
  "postgres://u:secret@h/d?sslmode=disable&ssl=true": "with either sslmode or ssl",
  "postgres://u:secret@h/d?schema=a&search_path=b": "with schema or search_path, not both",
  "postgres://u:secret@h1,h2/d?hostaddr=10.0.0.1": "with one hostaddr for each host",
  "postgres://u:secret@h/d?hostaddr=db.example.com": "with IP addresses as hostaddr",
  "postgres://u:secret@h/d?scram_client_key=secret": "without scram_client_key",
  "postgres://u:secret@h/d?oauth_issuer=i&oauth_client_secret=secret": "without oauth_",
  "postgres://u:secret@h/d?target_session_attrs=writable": "with target_session_attrs one of",
  "postgres://u:secret@h/d?targetServerType=preferSlave":
    "without target_session_attrs of a standby",
  "postgres://u:secret@h/d?gssencmode=require": "without gssencmode=require",
  "postgres://u:secret@h/d?sslkey=k": "with sslcert",
  "postgres://u:secret@h/d?sslrootcert=r&sslcert=c": "with sslkey",
  "postgres://u:secret@h/d?sslcertmode=require": "with sslcert and sslkey",
  "postgres://u:secret@h/d?sslidentity=i&sslpassword=secret": "without sslidentity",
  "postgres://u:secret@h/d?sslpassword=secret": "without sslpassword",
  "postgres://u:secret@h/d?sslcrl=c": "without sslcrl",
  "postgres://u:secret@h/d?sslnegotiation=direct": "with sslmode=require or stricter",
  "postgres://u:secret@h/d?ssl_min_protocol_version=TLSv1.3": "without ssl_min_protocol_version",
  "postgres://u:secret@h/d?require_auth=scram-sha-256": "without require_auth",
  "postgres://u:secret@h/d?requirepeer=postgres": "without requirepeer",
  "postgres://u:secret@h/d?service=s": "without service",
  "postgres://u:secret@h/d?passfile=f": "without passfile",
  "postgres://u:secret@h/d?replication=database": "without replication",
  "postgres://u:secret@h,i/d?target_session_attrs=standby":
    "without target_session_attrs of a standby",
  "postgres://u:secret@h/d?target_session_attrs=read-only":
    "without target_session_attrs of a standby",
  "postgres://u:secret@h/d?connect_timeout=soon": "with a whole number as connect_timeout",
  "postgres://u:secret@h/d?connection_limit=-1": "with a whole number as connection_limit",
};

for (const [url, expected] of Object.entries(WRONG)) {
  Deno.test(`12.4 DATABASE_URL is refused in a sentence: ${url}`, () => {
    const { message } = assertThrows(() => parseDatabaseUrl(url), DatabaseUrlError);
    assertStringIncludes(message, expected);
    assertEquals([message.includes("secret"), message.includes("\n")], [false, false], message);
  });
}
