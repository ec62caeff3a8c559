// Filters as one types, and the key that leads to the filter. The form works without this.
import { load, swap } from "./swap.js";

const form = document.querySelector("form[data-filter]");
const field = form?.querySelector("input");

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !field) return;
  if (/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
  event.preventDefault();
  field.focus();
  field.select();
});

if (form) {
  let waiting = 0;
  let asked = null;
  const ask = async () => {
    clearTimeout(waiting);
    asked?.abort();
    asked = new AbortController();
    const wanted = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));
    const address = `${form.getAttribute("action")}${wanted.size ? `?${wanted}` : ""}`;
    form.ariaBusy = "true";
    try {
      swap(await load(address, asked.signal), true);
      history.replaceState(null, "", address);
      form.ariaBusy = "false";
    } catch (error) {
      // Signed out, the service away: the form's own way shows it.
      if (error.name !== "AbortError") form.submit();
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 180);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  field?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !field.value) return;
    event.preventDefault();
    field.value = "";
    ask();
  });
}
