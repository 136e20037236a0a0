/* The screen of the cab: shows what the agent says and nothing it does not know.
 * Times come as milliseconds of the wall clock of this same machine. */
"use strict";

const WORDS = {
  fr: {
    other: "English", plan: "Itinéraire", no_plan: "Aucun itinéraire reçu", aboard: "À bord",
    fix_now: "position connue", fix_old: "position d’il y a {t}", fix_none: "pas encore de position",
    link_on: "réseau", link_off: "pas de réseau", unsent: "pas envoyé depuis {t}",
    key_off: "contact coupé : aucune position n’est envoyée",
    boards: "monte", alights: "descend", others: "et {n} autres",
    persons: "{n} personnes, à {e} près", counted: "à cet arrêt : {i} entrées, {o} sorties, {c} badges",
    chairs: "fauteuils : {n}", chairs_unknown: "fauteuils : non confirmé",
    ramp: "Rampe sortie : pour qui ?", ramp_on: "Un fauteuil monte", ramp_off: "Un fauteuil descend",
    ramp_none: "Personne", empty: "Le car est vide",
    tap_granted: "Badge accepté", tap_too_early: "Badge : trop tôt", tap_revoked: "Badge retiré",
    tap_no_right_here: "Badge sans trajet réservé ici", tap_unknown_card: "Badge inconnu",
    tap_expired: "Badge : trajet passé", tap_anti_passback: "Badge déjà présenté",
    tap_not_authentic: "Badge non reconnu", tap_clock_unknown: "Badge : heure inconnue",
    tap_read_again: "Badge : à présenter de nouveau", tap_other: "Badge refusé",
    alone: "Travail isolé", alone_none: "Pas de session en cours",
    alone_quiet: "Prochain signe de vie avant {t}", alone_cab: "Tout va bien ? Appuyez avant {t}",
    alone_supervisor: "Le régulateur est alerté", "alone_second-person": "Une seconde personne est alertée",
    alone_taken: "Quelqu’un s’occupe de vous",
    alone_zone: "zone sans réseau, délai prolongé de {n} min",
    alive: "Je vais bien", begin: "Je travaille seul", end: "Fin du travail isolé",
    messages: "Messages", no_message: "Aucun message", faults: "À faire vérifier : {f}",
    sos_hold: "SOS, appuyer 2 secondes", sos_sending: "Envoi en cours, pas encore reçue",
    sos_nonet: "Pas de réseau : appelez le 112",
    sos_received: "Alerte envoyée à {s}, reçue à {r}", sos_acknowledged: "Alerte vue à {a}",
    dead: "Le boîtier ne répond plus. En cas d’urgence, appelez le 112.",
  },
  en: {
    other: "Français", plan: "Itinerary", no_plan: "No itinerary received", aboard: "Aboard",
    fix_now: "position known", fix_old: "position {t} ago", fix_none: "no position yet",
    link_on: "network", link_off: "no network", unsent: "not sent for {t}",
    key_off: "key off: no position is sent",
    boards: "gets on", alights: "gets off", others: "and {n} more",
    persons: "{n} people, give or take {e}", counted: "at this stop: {i} in, {o} out, {c} cards",
    chairs: "wheelchairs: {n}", chairs_unknown: "wheelchairs: not confirmed",
    ramp: "Ramp out: for whom?", ramp_on: "A wheelchair gets on", ramp_off: "A wheelchair gets off",
    ramp_none: "Nobody", empty: "The bus is empty",
    tap_granted: "Card accepted", tap_too_early: "Card: too early", tap_revoked: "Card withdrawn",
    tap_no_right_here: "Card without a ride here", tap_unknown_card: "Unknown card",
    tap_expired: "Card: ride is over", tap_anti_passback: "Card shown already",
    tap_not_authentic: "Card not recognised", tap_clock_unknown: "Card: time unknown",
    tap_read_again: "Card: hold it again", tap_other: "Card refused",
    alone: "Working alone", alone_none: "No session",
    alone_quiet: "Next sign of life before {t}", alone_cab: "Are you all right? Press before {t}",
    alone_supervisor: "The supervisor is alerted", "alone_second-person": "A second person is alerted",
    alone_taken: "Somebody is on it",
    alone_zone: "no network around here, {n} min more allowed",
    alive: "I am all right", begin: "I work alone", end: "End of working alone",
    messages: "Messages", no_message: "No message", faults: "To be checked: {f}",
    sos_hold: "SOS, hold 2 seconds", sos_sending: "Sending, not yet received",
    sos_nonet: "No network: call 112",
    sos_received: "Alert sent at {s}, received at {r}", sos_acknowledged: "Alert seen at {a}",
    dead: "The computer does not answer. In an emergency call 112.",
  },
};
const HOLD_MS = 2000, DEAD_AFTER_MS = 30000, SHOWN = 3;
const at = (id) => document.getElementById(id);
const token = document.querySelector("meta[name=cab-token]").content;
let language = "fr", seen = null, heardAt = performance.now();

const say = (key, values = {}) =>
  WORDS[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
const clock = (ms) => {
  const time = new Date(ms), minutes = String(time.getMinutes()).padStart(2, "0");
  return language === "fr" ? `${time.getHours()} h ${minutes}` : `${time.getHours()}:${minutes}`;
};
const since = (ms) => {
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
};
const put = (id, text) => { if (at(id).textContent !== text) at(id).textContent = text; };
const fact = (id, text, known) => { put(id, text); at(id).className = `fact ${known ? "known" : "doubt"}`; };
/* A press that did not arrive is said at once: nobody may wait for help that was never asked for. */
const press = (path) => fetch(path, { method: "POST", headers: { "X-Cab-Token": token } })
  .then((answer) => { if (!answer.ok) throw new Error(answer.status); })
  .catch(() => { heardAt = -Infinity; show(); });

function who(arrow, key, handles) {
  if (!handles.length) return "";
  const more = handles.length - SHOWN;
  const names = handles.slice(0, SHOWN).join(", ");
  return `${arrow} ${say(key)} : ${names}${more > 0 ? ` ${say("others", { n: more })}` : ""}`;
}

function showPlan(plan) {
  at("no-plan").hidden = Boolean(plan && plan.stops.length);
  at("stops").replaceChildren(...(plan ? plan.stops : []).slice(0, 4).map((stop) => {
    const line = document.createElement("li"), name = document.createElement("span");
    name.className = stop.here ? "name here" : "name";
    name.textContent = `${clock(stop.arrival_ms)}  ${stop.stop_id}`;
    const riders = document.createElement("span");
    riders.className = "who";
    riders.textContent =
      [who("↑", "boards", stop.boarding), who("↓", "alights", stop.alighting)].filter(Boolean).join("   ");
    line.append(name, riders);
    return line;
  }));
}

function showAboard(counts) {
  at("aboard").hidden = at("empty").hidden = at("aboard-title").hidden = !counts;
  at("ramp").hidden = !(counts && counts.ramp_unanswered);
  if (!counts) return;
  put("aboard", [
    say("persons", { n: counts.persons, e: counts.error_persons }),
    say("counted", { i: counts.entered, o: counts.left, c: counts.taps }),
    counts.wheelchairs === null ? say("chairs_unknown") : say("chairs", { n: counts.wheelchairs }),
  ].join(" · "));
}

function showTap(tap) {
  const key = tap && (`tap_${tap.reason}` in WORDS[language] ? `tap_${tap.reason}` : "tap_other");
  put("tap", tap ? `${clock(tap.at_ms)}  ${say(key)}` : "");
  at("tap").className = tap && tap.decision === "refused" ? "asked" : "";
}

function showAlone(alone) {
  for (const id of ["alone-title", "alone", "alive", "alone-toggle"]) at(id).hidden = !alone;
  if (!alone) return;
  const parts = [alone.step ? say(`alone_${alone.step}`, { t: clock(alone.until_ms) }) : say("alone_none")];
  if (alone.zone_min > 0) parts.push(say("alone_zone", { n: alone.zone_min }));
  put("alone", parts.join(" · "));
  at("alone").className = ["cab", "supervisor", "second-person"].includes(alone.step) ? "asked" : "";
  put("alone-toggle", say(alone.step ? "end" : "begin"));
  at("alive").disabled = !alone.step;
}

function showSos(sos, connected) {
  at("sos").hidden = !sos;
  const key = !sos || sos.state === "idle" || sos.state === "held" ? null
    : sos.state === "sending" && !connected ? "sos_nonet" : `sos_${sos.state}`;
  const times = sos && { s: clock(sos.raised_ms), r: clock(sos.received_ms), a: clock(sos.acknowledged_ms) };
  put("sos-said", key ? say(key, times) : "");
  at("sos-said").className = sos && sos.received_ms ? "known" : "doubt";
}

function show() {
  put("clock", clock(Date.now()));
  const dead = performance.now() - heardAt > DEAD_AFTER_MS;
  at("dead").hidden = !dead;
  put("dead", say("dead"));
  if (!seen) return;
  put("unit", seen.unit);
  const fix = dead ? "none" : seen.fix.state;
  fact("fix", say(`fix_${fix}`, { t: since(seen.fix.since_ms) }), fix === "now");
  const unsent = seen.link.unsent_since_ms;
  const link = say(seen.link.connected && !dead ? "link_on" : "link_off");
  fact("link", [link, unsent ? say("unsent", { t: since(unsent) }) : "",
    seen.key === "off" ? say("key_off") : ""].filter(Boolean).join(" · "),
  seen.link.connected && !unsent && !dead);
  showPlan(seen.plan);
  showAboard(seen.counts);
  showTap(seen.tap);
  showAlone(seen.lone_worker);
  showSos(seen.sos, seen.link.connected && !dead);
  at("messages").replaceChildren(...(seen.messages.length ? seen.messages : [null]).map((message) => {
    const line = document.createElement("li");
    line.textContent = message ? `${clock(message.at_ms)}  ${message.text}` : say("no_message");
    return line;
  }));
  put("faults", seen.faults.length ? say("faults", { f: seen.faults.join(", ") }) : "");
  for (const id of ["empty", "alone-toggle", "ramp-on", "ramp-off", "ramp-none"]) at(id).disabled = seen.moving;
}

function speak() {
  document.documentElement.lang = language;
  const fixed = {
    language: "other", "plan-title": "plan", "no-plan": "no_plan", "aboard-title": "aboard",
    "ramp-question": "ramp", "ramp-on": "ramp_on", "ramp-off": "ramp_off", "ramp-none": "ramp_none",
    empty: "empty", "alone-title": "alone", alive: "alive", "messages-title": "messages", sos: "sos_hold",
  };
  for (const [id, key] of Object.entries(fixed)) put(id, say(key));
  show();
}

function holdToCall() {
  const button = at("sos");
  let held = null;
  const start = () => {
    if (held !== null) return;
    button.classList.add("held");
    held = setTimeout(() => { press("/sos"); if (navigator.vibrate) navigator.vibrate(200); }, HOLD_MS);
  };
  const stop = () => { clearTimeout(held); held = null; button.classList.remove("held"); };
  button.addEventListener("pointerdown", start);
  for (const end of ["pointerup", "pointerleave", "pointercancel", "blur", "keyup"]) button.addEventListener(end, stop);
  button.addEventListener("keydown", (key) => { if (key.key === " " || key.key === "Enter") start(); });
  button.addEventListener("contextmenu", (menu) => menu.preventDefault());
}

at("language").addEventListener("click", () => { language = language === "fr" ? "en" : "fr"; speak(); });
at("alive").addEventListener("click", () => press("/lone-worker/alive"));
at("alone-toggle").addEventListener("click", () =>
  press(seen && seen.lone_worker && seen.lone_worker.step ? "/lone-worker/end" : "/lone-worker/start"));
at("empty").addEventListener("click", () => press("/empty"));
for (const [id, change] of [["ramp-on", 1], ["ramp-off", -1], ["ramp-none", 0]])
  at(id).addEventListener("click", () => press(`/ramp?change=${change}`));
holdToCall();
speak();
setInterval(show, 1000);
new EventSource("/events").onmessage = (told) => { seen = JSON.parse(told.data); heardAt = performance.now(); show(); };
