const { SLUICE_URL: url, SLUICE_KEY: apiKey } = process.env;

exports.send = async function send({ createSluice, EVENT_TYPES, keyOf }, from) {
  const sluice = createSluice({ url, apiKey, spool: `spool-${from}` });
  const { durable } = await sluice.track({
    eventType: EVENT_TYPES.JOB_COMPLETED,
    props: { from },
    idempotencyKey: await keyOf(`job ${from}`),
  });
  await sluice.as({ userId: "node_user", creatorId: "node_creator" }).track({
    eventType: "payout_completed",
    props: { from, amount_cents: 4900, payment_method: "card" },
  });
  await sluice.shutdown();
  const { sent, rejected, dropped, queued } = sluice.stats();
  console.log(JSON.stringify({ durable, sent, rejected, dropped, queued }));
};
