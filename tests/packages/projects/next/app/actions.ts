"use server";

import { keyOf } from "@sluice/server";
import { redirect } from "next/navigation";
import { sluice } from "@/lib/sluice";

export async function sign(): Promise<void> {
  const idempotencyKey = await keyOf("the license of next");
  const props = { from: "next", license_id: "lic_1" };
  // Run twice, as a form that is sent again
  for (const _ of [1, 2]) {
    await sluice().track({ eventType: "license_signed", props, idempotencyKey });
  }
  redirect("/asset");
}
