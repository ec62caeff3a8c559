// Moves a page along: by the service's events where the page names them (data-events), else by asking again now and
// then (data-again, seconds). A page that nobody looks at asks for nothing, and holds none of the few connections that
// a browser has for one service. Without this the page loads itself anew (noscript).
import { load, parse, swap } from "./swap.js";

const page = document.querySelector("[data-events], [data-again]");
const AGAIN = 15;

const ago = (seconds) => {
  if (seconds < 45) return "just now";
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} d ago`;
};

// The service's clock at the time of the page, and ours since: theirs may be apart.
const made = Date.parse(document.documentElement.dataset.now || "");
const grow = () => {
  const now = made + performance.now();
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = ago((now - Date.parse(time.dateTime)) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
};
if (made) setInterval(grow, 20_000);

const follow = () => {
  let events = null;
  let timer = 0;
  const stop = () => {
    events?.close();
    events = null;
    clearInterval(timer);
    timer = 0;
  };
  const poll = () => {
    stop();
    const seconds = Number(page.dataset.again) || AGAIN;
    timer = setInterval(() => load(location.href).then((newer) => swap(newer), () => {}), seconds * 1000);
  };
  const listen = () => {
    const address = new URL(page.dataset.events, location.href);
    address.searchParams.set("seen", page.dataset.seen || "");
    events = new EventSource(address);
    events.addEventListener("page", (event) => {
      page.dataset.seen = event.lastEventId;
      swap(parse(event.data));
      grow();
    });
    // Not this reader's to see any more: what the service says of it now stands on the page itself.
    events.addEventListener("gone", () => {
      stop();
      location.reload();
    });
    events.addEventListener("end", () => {
      stop();
      page.dataset.over = "true";
    });
    // A broken connection is tried again by the browser itself, unless the service said no: too many, signed out.
    events.addEventListener("error", () => {
      if (events?.readyState === EventSource.CLOSED) poll();
    });
  };
  const start = () => {
    stop();
    if (document.hidden || page.dataset.over) return;
    if (page.dataset.events) listen(); else poll();
  };
  document.addEventListener("visibilitychange", start);
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => { if (event.persisted) start(); });
  start();
};
if (page) follow();
