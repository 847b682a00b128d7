/** `@std/yaml` with types, which the copy on npm lacks. */

import * as std from "@std/yaml";

/** Parses YAML. */
export const parseYaml: (text: string) => unknown = std.parse;
