/** The page at `/docs`: shows `/openapi.json` by Swagger UI, and sends requests to this service alone. */

import untyped from "swagger-ui-dist/swagger-ui-es-bundle.js";

/** The options of Swagger UI that the page uses; the package has no types. */
interface ViewerOptions {
  readonly domNode: Element;
  readonly spec: object;
  readonly deepLinking: boolean;
  readonly docExpansion: "list" | "full" | "none";
  readonly defaultModelRendering: "example" | "model";
  readonly displayRequestDuration: boolean;
  /** A service that is told the document's URL; `null`: none. */
  readonly validatorUrl: string | null;
}

const showApi: (options: ViewerOptions) => unknown = untyped;

const DARK = matchMedia("(prefers-color-scheme: dark)");

function applyTheme(): void {
  document.documentElement.classList.toggle("dark-mode", DARK.matches);
}

/** Renders into an element whose `data-root` is the root of the service, relative to the page. */
async function render(element: HTMLElement): Promise<void> {
  const root = new URL(element.dataset["root"] ?? "/", location.href);
  const response = await fetch(new URL("openapi.json", root));
  if (!response.ok) throw new Error(`/openapi.json responded with ${response.status}`);
  // A proxy may serve the service under a prefix, which the document does not know.
  const spec = { ...await response.json(), servers: [{ url: root.href.replace(/\/$/, "") }] };
  showApi({
    domNode: element,
    spec,
    deepLinking: true,
    docExpansion: "list",
    defaultModelRendering: "model",
    displayRequestDuration: true,
    validatorUrl: null,
  });
}

applyTheme();
DARK.addEventListener("change", applyTheme);
const element = document.getElementById("docs");
if (element !== null) {
  render(element).catch((error) => {
    element.textContent = `The documentation could not be loaded: ${error}. Load the page again.`;
  });
}
