import { defineConfig } from "vite";

export default defineConfig({
  worker: { format: "es" },
  build: {
    sourcemap: true,
    rolldownOptions: {
      input: { main: "index.html", service_worker: "src/service_worker.ts" },
      output: {
        entryFileNames: ({ name }) =>
          name === "service_worker" ? "[name].js" : "assets/[name]-[hash].js",
      },
    },
  },
});
