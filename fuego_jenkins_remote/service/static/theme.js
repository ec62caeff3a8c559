// Light, dark, or as the system has it: read before the first paint, so that no page flashes in the other one.
"use strict";
(() => {
  const themes = { "": "as the system", light: "light", dark: "dark" };
  const signs = { "": "◐ auto", light: "☀ light", dark: "☾ dark" };
  const root = document.documentElement;
  const read = () => { try { return localStorage.getItem("theme") || ""; } catch { return ""; } };
  const show = (theme) => {
    if (theme in themes && theme) root.dataset.theme = theme; else delete root.dataset.theme;
    const button = document.getElementById("theme");
    if (!button) return;
    button.hidden = false;
    button.textContent = signs[theme] || signs[""];
    button.title = button.ariaLabel = `Colours: ${themes[theme] || themes[""]}`;
  };
  show(read());
  addEventListener("storage", () => show(read()));
  addEventListener("DOMContentLoaded", () => {
    show(read());
    document.getElementById("theme")?.addEventListener("click", () => {
      const names = Object.keys(themes);
      const next = names[(names.indexOf(read()) + 1) % names.length];
      try { if (next) localStorage.setItem("theme", next); else localStorage.removeItem("theme"); } catch { /* not kept */ }
      show(next);
    });
  });
})();
