import { getDefaultConfig, mergeConfig } from "@react-native/metro-config";
import Metro from "metro";

const root = import.meta.dirname;
const FAKES = {
  "react-native": "react_native",
  "@react-native-community/netinfo": "netinfo",
  "@react-native-async-storage/async-storage": "async_storage",
  "./NativeBlobModule": "nothing",
};

/** Where the modules of our packages came from. */
export async function bundle(out, packageExports) {
  const resolved = {};
  const config = mergeConfig(getDefaultConfig(root), {
    projectRoot: root,
    watchFolders: [root],
    reporter: { update: () => {} },
    cacheStores: [],
    // Sets up native modules, which are missing here
    serializer: { getModulesRunBeforeMainModule: () => [] },
    resolver: {
      unstable_enablePackageExports: packageExports,
      resolveRequest(context, name, platform) {
        const fake = FAKES[name];
        if (fake) return { type: "sourceFile", filePath: `${root}/fakes/${fake}.js` };
        const resolution = context.resolveRequest(context, name, platform);
        if (name.startsWith("@sluice/")) {
          resolved[name] = resolution.filePath.split("@sluice/client/")[1];
        }
        return resolution;
      },
    },
  });
  await Metro.runBuild(config, {
    entry: `${root}/index.js`,
    out,
    platform: "android",
    dev: false,
    minify: true,
    sourceMap: true,
  });
  return resolved;
}
