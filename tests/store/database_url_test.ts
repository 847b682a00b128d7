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
  tls: { mode: "prefer", rootCertificate: null, certificate: null, key: null },
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
    session: { application_name: "app", search_path: '"s"' },
  }],
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
  "postgresql+asyncpg://u:secret@h/d": "a URL like postgres://",
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
  "postgres://u:secret@h/d?gssencmode=require": "without gssencmode=require",
  "postgres://u:secret@h/d?sslkey=k": "with sslcert",
  "postgres://u:secret@h/d?sslrootcert=r&sslcert=c": "with sslkey",
  "postgres://u:secret@h/d?sslcertmode=require": "with sslcert and sslkey",
  "postgres://u:secret@h/d?sslidentity=i&sslpassword=secret": "without sslidentity",
  "postgres://u:secret@h/d?sslpassword=secret": "without sslpassword",
  "postgres://u:secret@h/d?sslcrl=c": "without sslcrl",
  "postgres://u:secret@h/d?sslnegotiation=direct": "without sslnegotiation=direct",
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
