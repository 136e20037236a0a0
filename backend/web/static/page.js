/* Keeps an open page true: takes over what the server pushes, lets ages grow, and says when the
 * server can no longer be asked. Without this file the page is complete, only not moving.
 *
 * Time on the page is the server's, carried on by performance.now(); the device's own clock is
 * never read. Times and ages are written as backend/web/formats.py writes them.
 */
"use strict";

(() => {
  const NARROW = "\u202f";
  const MINUTE = 60_000, HOUR = 3_600_000;
  const BOLD_AFTER_S = 60, LOST_AFTER_S = 180, DOWN_AFTER_S = 86_400;
  const AGES_EVERY_MS = 5_000, TICK_MS = 1_000;
  const RETRY_FIRST_MS = 500, RETRY_MOST_MS = 30_000;
  const BOARD_ROWS = 5;
  const root = document.documentElement;
  const settings = document.body.dataset;
  const zone = settings.zone, language = root.lang;
  const all = (selector, within = document) => within.querySelectorAll(selector);

  /* ---- Times and ages ---- */

  const civil = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "numeric", day: "numeric",
    hour: "numeric", minute: "numeric", hourCycle: "h23",
  });
  const named = (lang) => new Intl.DateTimeFormat(lang === "fr" ? "fr-FR" : "en-GB", {
    timeZone: zone, weekday: "long", day: "numeric", month: "long",
  });

  const parts = (format, ms) =>
    Object.fromEntries(format.formatToParts(ms).map((part) => [part.type, part.value]));

  function date(ms) {
    const part = parts(civil, ms);
    return `${part.year}-${part.month.padStart(2, "0")}-${part.day.padStart(2, "0")}`;
  }

  function clockTime(ms) {
    const part = parts(civil, ms);
    return `${Number(part.hour)}${NARROW}h${NARROW}${part.minute.padStart(2, "0")}`;
  }

  function day(ms, lang = language) {
    const part = parts(named(lang), ms);
    const number = lang === "fr" && part.day === "1" ? "1er" : part.day;
    return `${part.weekday} ${number} ${part.month}`;
  }

  function length(ms) {
    if (ms < MINUTE) return `${Math.floor(Math.max(ms, 0) / 1_000)}${NARROW}s`;
    if (ms < HOUR) return `${Math.floor(ms / MINUTE)}${NARROW}min`;
    const minutes = String(Math.floor((ms % HOUR) / MINUTE)).padStart(2, "0");
    return `${Math.floor(ms / HOUR)}${NARROW}h${NARROW}${minutes}`;
  }

  function sinceMoment(since, now, lang) {
    const when = date(since) === date(now) ? clockTime(since) : day(since, lang);
    return (lang === "fr" ? "depuis " : "since ") + when;
  }

  function age(since, now, lang = language) {
    const passed = Math.max(now - since, 0);
    if (passed >= HOUR) return sinceMoment(since, now, lang);
    return lang === "fr" ? `il y a ${length(passed)}` : `${length(passed)} ago`;
  }

  function lasting(since, now, lang = language) {
    const passed = Math.max(now - since, 0);
    if (passed >= HOUR) return sinceMoment(since, now, lang);
    return lang === "fr" ? `depuis ${length(passed)}` : `for ${length(passed)}`;
  }

  /* ---- The server's clock, and how long ago it was heard ---- */

  let asleepMs = 0, hiddenAt = null;
  const ticking = () => performance.now() + asleepMs;
  const heard = {
    at: ticking(), now: Number(settings.now), rate: Number(settings.rate),
    set: settings.clockSet === "yes",
  };
  const present = () => heard.now + (ticking() - heard.at) * heard.rate;
  const silence = () => (ticking() - heard.at) / 1_000;

  document.addEventListener("visibilitychange", () => {
    // A device that slept stops performance.now(); the wall clock says for how long.
    if (document.hidden) {
      hiddenAt = [Date.now(), performance.now()];
    } else if (hiddenAt) {
      const missed = (Date.now() - hiddenAt[0]) - (performance.now() - hiddenAt[1]);
      asleepMs += Math.max(missed, 0);
      hiddenAt = null;
      if (missed > 2 * TICK_MS) connect();
      tick();
    }
  });

  /* ---- Network ---- */

  function network() {
    const silent = silence();
    if (silent > DOWN_AFTER_S) return "down";
    if (silent > LOST_AFTER_S) return "lost";
    return silent > BOLD_AFTER_S ? "late" : "fine";
  }

  function sayNetwork() {
    const state = network(), before = root.dataset.network || "fine";
    if (state !== before) {
      root.dataset.network = state;
      const news = document.getElementById("news");
      const wasCut = before === "lost" || before === "down";
      if (state === "lost") news.textContent = document.getElementById("banner-title").textContent;
      if (wasCut && state === "fine") news.textContent = settings.reconnected;
      showRows();
    }
    if (state !== "lost" && state !== "down") return;
    const last = date(heard.now) === date(present())
      ? clockTime(heard.now) : `${day(heard.now)}, ${clockTime(heard.now)}`;
    for (const element of all("[data-last-contact]")) write(element, last);
    for (const element of all("[data-last-contact-day]")) {
      write(element, `${day(heard.now)}, ${clockTime(heard.now)}`);
    }
    const now = ticking();
    for (const element of all("[data-contact-lasting]")) {
      write(element, lasting(present() - (now - heard.at), present()));
    }
    showRows();
  }

  /* Without network a board goes on by its timetable: what has passed leaves, the next comes. */
  function showRows() {
    const cut = root.dataset.network === "lost";
    const today = date(present());
    let room = BOARD_ROWS;
    for (const row of all("#rows > tr")) {
      const due = Number(row.dataset.until) > present() && row.dataset.date === today;
      row.hidden = cut && !(due && room-- > 0);
    }
  }

  let source = null, retryMs = RETRY_FIRST_MS, retry = null, version = settings.version;

  function connect() {
    clearTimeout(retry);
    if (source) source.close();
    const opened = source = new EventSource(`${settings.events}&version=${version}`);
    opened.addEventListener("now", (event) => {
      if (opened === source) hear(JSON.parse(event.data));
    });
    opened.addEventListener("change", (event) => {
      if (opened !== source) return;
      version = event.lastEventId;
      take(JSON.parse(event.data));
    });
    opened.addEventListener("error", () => { if (opened === source) again(); });
  }

  function again() {
    source.close();
    clearTimeout(retry);
    // Jitter keeps a thousand boards from coming back in the same second.
    retry = setTimeout(connect, retryMs * (0.5 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, RETRY_MOST_MS);
  }

  function hear(stamp) {
    Object.assign(heard, { at: ticking(), now: stamp.now, rate: stamp.rate, set: stamp.set });
    retryMs = RETRY_FIRST_MS;
    sayNetwork();
    write(document.querySelector("[data-clock]"), clockText());
    tellRows();
  }

  /* ---- Taking over what changed ---- */

  function built(html) {
    const template = document.createElement("template");
    const drawing = html.startsWith("<g");
    template.innerHTML = drawing ? `<svg>${html}</svg>` : html;
    const element = template.content.firstElementChild;
    return document.importNode(drawing ? element.firstElementChild : element, true);
  }

  function take(change) {
    if (change.title) document.title = change.title;
    if (change.light) root.dataset.light = change.light;
    const made = {};
    for (const [id, html] of Object.entries(change.parts || {})) {
      const element = made[id] = built(html);
      const old = document.getElementById(id);
      if (!old) continue;
      const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
      old.replaceWith(element);
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    }
    for (const [id, order] of Object.entries(change.orders || {})) {
      put(document.getElementById(id), order, made);
    }
    for (const [id, place] of Object.entries(change.places || {})) stand(id, place);
    if (change.news) document.getElementById("news").textContent = change.news.join(". ");
    tell();
    showRows();
  }

  function put(list, order, made) {
    if (!list) return;
    const wanted = new Set(order);
    for (const child of [...list.children]) if (!wanted.has(child.id)) child.remove();
    order.forEach((id, n) => {
      const element = document.getElementById(id) || made[id];
      if (element && list.children[n] !== element) {
        list.insertBefore(element, list.children[n] || null);
      }
    });
  }

  function stand(id, [x, y]) {
    const marker = document.getElementById(id);
    if (marker) marker.style.transform = `translate(${x}px, ${y}px)`;
  }

  /* ---- What grows by itself ---- */

  function write(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
  }

  const clockText = () => (heard.set ? clockTime(present()) : settings.clockUnset);

  function tellAges() {
    for (const element of all("[data-age]")) {
      const tellAge = element.dataset.kind === "lasting" ? lasting : age;
      write(element, tellAge(Number(element.dataset.since), present()));
    }
    const contact = age(present() - silence() * 1_000, present());
    for (const element of all("[data-contact-age]")) write(element, contact);
  }

  /* A row whose position has grown old between two words of the server says so by itself. */
  function tellRows() {
    const now = present();
    for (const row of all("#rows > tr[data-observed]")) {
      const old = (now - Number(row.dataset.since)) / 1_000;
      row.toggleAttribute("data-cut", old > Number(settings.noContactS));
      const number = row.querySelector("[data-minutes]");
      if (!number || !row.dataset.expected) continue;
      const left = Math.floor((Number(row.dataset.expected) - now) / MINUTE);
      const minutes = number.parentElement;
      if (left < 1) {
        minutes.className = "said";
        write(minutes, settings.approaching);
        continue;
      }
      write(number, String(left));
      if (old > Number(settings.liveS) && !minutes.querySelector(".about")) {
        const about = document.createElement("span");
        about.className = "about";
        about.textContent = `${settings.about} `;
        minutes.prepend(about);
      }
    }
  }

  function tell() {
    tellAges();
    tellRows();
  }

  let aged = 0, dated = "";
  function tick() {
    if (silence() > Math.max(3 * Number(settings.heartbeatS), 20) && source.readyState === 1) {
      again();  // the line is dead and nobody has said so
    }
    sayNetwork();
    write(document.querySelector("[data-clock]"), clockText());
    if (heard.set && dated !== date(present())) {
      dated = date(present());
      write(document.querySelector("[data-day]"), day(present()));
    }
    tellRows();
    if (ticking() - aged >= AGES_EVERY_MS) {
      aged = ticking();
      tellAges();
    }
  }

  window.softplace = { age, lasting, clockTime, day, length };
  for (const marker of all("[data-place]")) stand(marker.id, marker.dataset.place.split(" "));
  window.addEventListener("online", connect);
  setInterval(tick, TICK_MS);
  connect();
  tick();
})();
