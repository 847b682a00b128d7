/** `deno task token ADMIN`: mints a JWT for a role with the configured secret. */

import { parseArgs } from "node:util";
import { mintToken } from "../auth/token.ts";
import { readDevSecret } from "./dev_secret.ts";
import { settingsOrExit } from "./settings.ts";
import { complain, say } from "./terminal.ts";

const USAGE = `Usage: deno task token ROLE [--sub ID] [--creator ID] [--brand ID] [--hours N]

Mints a token for a role (ADMIN, CREATOR, BRAND, …), signed with AUTH_JWT_SECRET or, where that is
not set, with the secret that "deno task dev" keeps. Valid for 12 hours unless told otherwise.`;

const MAX_HOURS = 24 * 365;

function argumentsOrExit() {
  try {
    return parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: {
        sub: { type: "string" },
        creator: { type: "string" },
        brand: { type: "string" },
        hours: { type: "string", default: "12" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    complain(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    Deno.exit(1);
  }
}

const { values, positionals } = argumentsOrExit();
if (values.help) {
  say(USAGE);
  Deno.exit(0);
}
const [role] = positionals;
if (role === undefined) {
  complain(`ROLE is missing.\n\n${USAGE}`);
  Deno.exit(1);
}
const hours = Number(values.hours);
if (!(hours > 0 && hours <= MAX_HOURS)) {
  complain(`--hours is ${values.hours}; it takes a number above 0 and up to ${MAX_HOURS}.`);
  Deno.exit(1);
}
const config = settingsOrExit();
const secret = config.auth.secret ?? await readDevSecret(config.dataDir);
if (secret === null) {
  complain('AUTH_JWT_SECRET is not set and "deno task dev" has not made a secret yet.');
  Deno.exit(1);
}
say(
  await mintToken(secret, {
    sub: values.sub ?? `${role.toLowerCase()}_1`,
    role,
    ...(values.creator === undefined ? {} : { creatorId: values.creator }),
    ...(values.brand === undefined ? {} : { brandId: values.brand }),
    issuer: config.auth.issuer,
    audience: config.auth.audience,
    expiresInSeconds: Math.round(hours * 3600),
  }, Date.now()),
);
