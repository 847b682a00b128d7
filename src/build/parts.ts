/** The parts of a package: what can be imported from it, as ES modules and by `require`. */

/** A part. */
export interface Part {
  /** What is imported: `.`, or `./NAME`. */
  readonly path: string;
  /** The name of its files. */
  readonly name: string;
}

/** The forms of each part: a folder, and the format of its modules. */
export const FORMS = [["esm/", "esm"], ["cjs/", "cjs"]] as const;

/** Returns the fields of `package.json` by which the parts are found. */
export function entryFields(parts: readonly Part[]): Readonly<Record<string, unknown>> {
  return {
    exports: Object.fromEntries(parts.map(({ path, name }) => [path, {
      import: { types: `./esm/${name}.d.ts`, default: `./esm/${name}.js` },
      // Jest, for one, requires packages.
      require: { types: `./cjs/${name}.d.ts`, default: `./cjs/${name}.js` },
    }])),
    ...Object.assign({}, ...parts.filter(isMain).map(({ name }) => oldFields("./", name))),
  };
}

/** Returns the other `package.json` of a package, by their paths. */
export function partManifests(parts: readonly Part[]): (readonly [file: string, text: string])[] {
  return [
    // What a file is to `require` depends on the nearest package.json, for types too.
    ["cjs/package.json", '{ "type": "commonjs" }\n'],
    // A file of the part's name would be found first, and can have one format only.
    ...parts.filter((part) => !isMain(part)).map(({ path, name }) =>
      [
        `${path.slice(2)}/package.json`,
        `${JSON.stringify(oldFields("../", name), null, 2)}\n`,
      ] as const
    ),
  ];
}

function isMain({ path }: Part): boolean {
  return path === ".";
}

/** For resolution without `exports`, as by Jest before 28, webpack 4 and TypeScript's `node10`. */
function oldFields(root: string, name: string) {
  return {
    main: `${root}cjs/${name}.js`,
    module: `${root}esm/${name}.js`,
    // Metro finds a part's folder even where it reads `exports`.
    "react-native": `${root}esm/${name}.js`,
    types: `${root}cjs/${name}.d.ts`,
  };
}
