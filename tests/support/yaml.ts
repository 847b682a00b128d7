/** `@std/yaml` with its types, which the copy on npm comes without. */

import * as std from "@std/yaml";

/** Parses YAML. */
export const parseYaml: (text: string) => unknown = std.parse;
