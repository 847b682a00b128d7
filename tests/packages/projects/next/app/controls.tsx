"use client";

import { useAnalytics } from "@sluice/client/react";
import { useState } from "react";

export function Controls() {
  const { track, trackNow, isTracking } = useAnalytics();
  const [status, setStatus] = useState("ready");
  async function upload() {
    const response = await fetch("/api/assets", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ assetId: "ckv3x9d2a0000qzrmn831i7rn" }),
    });
    setStatus(response.ok ? "uploaded" : "failed");
  }
  async function pay() {
    const { tracked } = await trackNow("payout_completed", {
      from: "next",
      amount_cents: 4900,
      payment_method: "card",
    });
    setStatus(tracked ? "paid" : "unpaid");
  }
  return (
    <>
      <button type="button" onClick={() => track("cta_clicked", { from: "next" })}>Click</button>
      <button type="button" onClick={upload}>Upload</button>
      <button type="button" onClick={pay}>Pay</button>
      <output>{status}</output>
      <p hidden>{String(isTracking)}</p>
    </>
  );
}
