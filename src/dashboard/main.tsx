/** `GET /admin`: starts the dashboard in the browser. */

import { render } from "preact";
import { Dashboard } from "./dashboard.tsx";

// The link that signs in, opened by somebody who is signed in: nobody else shall see its token.
if (location.hash.startsWith("#token=")) history.replaceState(null, "", location.pathname);

const root = document.getElementById("dashboard");
if (root) render(<Dashboard />, root);
