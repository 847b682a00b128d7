import Link from "next/link";
import { headers } from "next/headers";
import { sluice } from "@/lib/sluice";
import { sign } from "./actions";
import { Controls } from "./controls";

export default async function Page() {
  const userAgent = (await headers()).get("user-agent") ?? "";
  await sluice().track({
    eventType: "api_request",
    props: { from: "next", rendered: userAgent.length > 0 },
  });
  return (
    <main>
      <h1>Rendered on the server</h1>
      <Controls />
      <form action={sign}>
        <button type="submit">Sign</button>
      </form>
      <Link href="/asset">Asset</Link>
    </main>
  );
}
