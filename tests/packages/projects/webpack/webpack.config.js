module.exports = {
  mode: "production",
  entry: "./site.js",
  devtool: "source-map",
  module: { rules: [{ test: /\.js$/, enforce: "pre", use: ["source-map-loader"] }] },
};
