/** Entry point of `GET /admin`: mounts the dashboard. */

import { render } from "preact";
import { Dashboard } from "./dashboard.tsx";

// A sign-in link opened while already signed in: remove the token from the address bar.
if (location.hash.startsWith("#token=")) history.replaceState(null, "", location.pathname);

const root = document.getElementById("dashboard");
if (root) render(<Dashboard />, root);
