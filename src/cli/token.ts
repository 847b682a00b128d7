/** `deno task token ADMIN`: mints a JWT for a role, signed with the configured secret. */

import { parseArgs } from "node:util";
import { mintToken } from "../auth/token.ts";
import { readDevSecret } from "./dev_secret.ts";
import { settingsOrExit } from "./settings.ts";
import { printError, printLine } from "./terminal.ts";

const USAGE = `Usage: deno task token ROLE [--sub ID] [--creator ID] [--brand ID] [--hours N]

Prints a JWT for a role (ADMIN, CREATOR, BRAND, …), signed with AUTH_JWT_SECRET or, if that is not
set, with the secret of "deno task dev".

  --sub ID       user id (default: the role in lower case and _1, such as admin_1)
  --creator ID   creator id
  --brand ID     brand id
  --hours N      validity in hours (default 12)`;

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
    printError(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    Deno.exit(1);
  }
}

const { values, positionals } = argumentsOrExit();
if (values.help) {
  printLine(USAGE);
  Deno.exit(0);
}
const [role] = positionals;
if (role === undefined) {
  printError(`ROLE is missing.\n\n${USAGE}`);
  Deno.exit(1);
}
const hours = Number(values.hours);
if (!(hours > 0 && hours <= MAX_HOURS)) {
  printError(
    `--hours must be a number above 0 and at most ${MAX_HOURS}, got ${
      JSON.stringify(values.hours)
    }.`,
  );
  Deno.exit(1);
}
const config = settingsOrExit();
const secret = config.auth.secret ?? await readDevSecret(config.dataDir);
if (secret === null) {
  printError('AUTH_JWT_SECRET is not set, and "deno task dev" has not generated a secret yet.');
  Deno.exit(1);
}
printLine(
  await mintToken(secret, {
    sub: values.sub ?? `${role.toLowerCase()}_1`,
    role,
    ...(values.creator === undefined ? {} : { creatorId: values.creator }),
    ...(values.brand === undefined ? {} : { brandId: values.brand }),
    issuer: config.auth.issuer,
    audience: config.auth.audience,
    claims: config.auth.claims,
    expiresInSeconds: Math.round(hours * 3600),
  }, Date.now()),
);
