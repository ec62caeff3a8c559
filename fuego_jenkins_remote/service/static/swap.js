// Takes what a newer copy of this page has into the one that is open: only the parts that are named, only where they
// differ, and never under somebody's hands.
const busy = (part) => {
  const selection = getSelection();
  const selecting = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  const active = document.activeElement;
  const typing = part.contains(active) && /^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName) && active.value !== "";
  const readingBack = [...part.querySelectorAll(".log-end")].some((box) => Math.abs(box.scrollTop) > 4);
  return selecting || typing || readingBack;
};

// What somebody has opened stays open.
const keepOpen = (part, fresh) => {
  const now = part.querySelectorAll("details");
  fresh.querySelectorAll("details").forEach((one, number) => { if (now[number]?.open) one.open = true; });
};

export const parse = (html) => new DOMParser().parseFromString(html, "text/html");

// The parts (elements with data-part) of `newer` replace those of this page; `force` also where the reader is at work.
export const swap = (newer, force = false) => {
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = newer.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (fresh) keepOpen(part, fresh);
    if (!fresh || fresh.innerHTML === part.innerHTML || (!force && busy(part))) continue;
    const held = part.contains(document.activeElement) ? document.activeElement : null;
    const again = held && (held.id ? `#${CSS.escape(held.id)}` : held.matches("a[href]") ? `a[href="${CSS.escape(held.getAttribute("href"))}"]` : "");
    part.replaceChildren(...fresh.childNodes);
    if (again) part.querySelector(again)?.focus({ preventScroll: true });
  }
};

export const load = async (address, signal) => {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, signal, redirect: "error", cache: "no-store" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return parse(await answer.text());
};
