/** Sign-in link: submits the token in the URL hash, after removing it from the address bar. */

const token = new URLSearchParams(location.hash.slice(1)).get("token");
const field = document.querySelector<HTMLInputElement | HTMLTextAreaElement>("#token");
if (token !== null) {
  history.replaceState(null, "", location.pathname + location.search);
  if (field?.form) {
    field.value = token;
    field.form.requestSubmit();
  }
}
