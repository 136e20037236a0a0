"use strict";
// Shows what the agent streams, plays the notes, says the words aloud. It decides nothing.

const SILENT_MS = 20000; // The agent speaks every five seconds.
const NOTES = {
  granted: [[523, 0.16], [784, 0.28]], // two rising
  refused: [[196, 0.45]],              // one low
  unknown: [[440, 0.16], [440, 0.16], [440, 0.16]], // three even
};
const root = document.documentElement;
const at = (id) => document.getElementById(id);
let state = null;
let language = null;
let heard = -1;
let spokenAt = performance.now();
let audio = null;

function play(sound) {
  const Context = window.AudioContext;
  if (!Context || !NOTES[sound]) return 0;
  audio = audio || new Context();
  let start = audio.currentTime + 0.02;
  const began = start;
  for (const [pitch, seconds] of NOTES[sound]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.3, start);
    volume.gain.linearRampToValueAtTime(0, start + seconds);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + seconds);
    start += seconds + 0.08;
  }
  return (start - began) * 1000;
}

function speak(words) {
  if (!window.speechSynthesis) return;
  speechSynthesis.cancel();
  const said = new SpeechSynthesisUtterance(words);
  said.lang = language === "fr" ? "fr-FR" : "en-GB";
  speechSynthesis.speak(said);
}

function show() {
  const view = state[language];
  root.lang = language;
  root.dataset.tone = view.tone;
  root.dataset.shape = view.shape;
  at("title").textContent = view.title;
  at("title").className = view.title.length > 20 ? "long" : "";
  at("lines").replaceChildren(...view.lines.filter(Boolean).map((line) => {
    const part = document.createElement("span");
    part.textContent = line;
    return part;
  }));
  at("left").textContent = view.left;
  at("right").textContent = view.right;
  at("switch").textContent = view.switch;
  at("switch").lang = language === "fr" ? "en" : "fr";
  at("listen").textContent = view.listen;
  document.title = view.title;
}

function take(told) {
  spokenAt = performance.now();
  state = told;
  language = language || told.language;
  show();
  const view = state[language];
  if (told.number !== heard) {
    if (heard >= 0 && view.sound) setTimeout(() => speak(view.spoken), play(view.sound));
    heard = told.number;
  }
}

at("switch").addEventListener("click", () => {
  language = language === "fr" ? "en" : "fr";
  if (state) show();
});
at("listen").addEventListener("click", () => state && speak(state[language].spoken));

// An agent that is silent for long is gone: then nothing old may stand here as if it were true.
setInterval(() => {
  if (performance.now() - spokenAt > SILENT_MS) {
    root.dataset.tone = "unknown";
    root.dataset.shape = "question";
    at("title").textContent = state ? state[language].no_answer : "Cet écran ne répond plus";
    at("title").className = "long";
    at("lines").replaceChildren();
    at("left").textContent = "";
  }
}, 1000);

let ending = 0;
const events = new EventSource("/events");
events.onmessage = (event) => {
  const told = JSON.parse(event.data);
  take(told);
  clearTimeout(ending);
  if (told.left_s !== null) {
    // The stream tells the next state within five seconds; this is only to be punctual.
    ending = setTimeout(() => fetch("/state").then((answer) => answer.json()).then(take), told.left_s * 1000 + 50);
  }
};
