/** That the changelog has an entry for a version. */

/** Returns what is wrong, or `null`. A dry run may have the entry under "Unreleased". */
export function checkChangelog(text: string, version: string, isDryRun: boolean): string | null {
  const sections = text.split(/^## /m).slice(1).map((section) => {
    const [heading = "", ...lines] = section.split("\n");
    return { heading: heading.trim(), isEmpty: !lines.some((line) => line.startsWith("- ")) };
  });
  const isReleased = (heading: string) =>
    heading.replace(/^\[(.*?)\]/, "$1").split(" ")[0] === version;
  const isUnreleased = (heading: string) =>
    heading === "Unreleased" || heading === `Unreleased: ${version}`;
  const section = sections.find(({ heading }) => isReleased(heading)) ??
    (isDryRun ? sections.find(({ heading }) => isUnreleased(heading)) : undefined);
  if (section === undefined) {
    const wanted = isDryRun ? `"## ${version}" or "## Unreleased"` : `"## ${version}"`;
    return `.github/CHANGELOG.md has no section ${wanted}`;
  }
  return section.isEmpty
    ? `the section "## ${section.heading}" of .github/CHANGELOG.md has no line`
    : null;
}
