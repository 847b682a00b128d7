import { createSluice, EVENT_TYPES, keyOf } from "@sluice/server";
import { send } from "./send_with.cjs";

await send({ createSluice, EVENT_TYPES, keyOf }, "module");
