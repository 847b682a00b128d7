/** The sign-in link: takes the token from the address, where nobody else shall see it, and signs in. */

const token = new URLSearchParams(location.hash.slice(1)).get("token");
const field = document.querySelector<HTMLInputElement | HTMLTextAreaElement>("#token");
if (token !== null) {
  history.replaceState(null, "", location.pathname + location.search);
  if (field?.form) {
    field.value = token;
    field.form.requestSubmit();
  }
}
