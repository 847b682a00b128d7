function validateEventTimestamp(timestamp: Date): boolean {
  const now = new Date();
  const thirtyDaysAgo = new Date(now.getTime() - 30 * 24 * 60 * 60 * 1000);

  if (timestamp > now) {
    console.warn("Event timestamp is in the future");
    return false;
  }

  if (timestamp < thirtyDaysAgo) {
    console.warn("Event timestamp is too old (>30 days)");
    return false;
  }

  return true;
}

export { validateEventTimestamp };
