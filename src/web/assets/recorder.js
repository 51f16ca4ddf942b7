// The page that records.

import { Refused, call, unique } from "./api.js";
import { Sender, format } from "./recorder-send.js";
import { Mix, microphones, shares } from "./recorder-sound.js";
import { Store, handed, lock, save } from "./recorder-store.js";
import { language, say } from "./say.js";
import { announce, clock, sleep, spoken, unfold } from "./util.js";

/** Milliseconds between two pieces: what a crash can cost at most. */
const PIECE = 2000;
/** Seconds without any sound after which a person is warned. */
const QUIET = 8;
/** Where this browser keeps which microphone was chosen last. */
const MICROPHONE = "reflector-microphone";

const page = document.getElementById("recorder");
const setUp = document.getElementById("set-up");
const running = document.getElementById("running");
const ending = document.getElementById("ending");
const find = (box, name) => box.querySelector(`[data-${name}]`);
const title = document.title;

let store = null;
let mix = null;
let session = null;
let sender = null;
let recorder = null;
let release = null;
let wakeLock = null;
let quietSince = 0;
let warned = false;
let resumed = null;
/** Writes to this browser's own storage, one after the other. */
let kept = Promise.resolve();

// How long is recorded, without pauses.
const time = { before: 0, since: null };
const elapsed = () => time.before + (time.since === null ? 0 : (performance.now() - time.since) / 1000);

function refuse(said, more = "") {
  const box = document.getElementById("refused");
  find(box, "said").textContent = said;
  find(box, "more").textContent = more;
  box.hidden = false;
}

/** Why a microphone could not be had, in words that help. */
function why(error) {
  switch (error.name) {
    case "NotAllowedError": return [say("scripts-record-not-allowed"), say("scripts-record-not-allowed-more")];
    case "NotFoundError": case "OverconstrainedError": return [say("scripts-record-none-found"), say("scripts-record-none-found-more")];
    case "NotReadableError": return [say("scripts-record-taken"), say("scripts-record-taken-more")];
    default: return [say("scripts-record-not-opened"), error.message];
  }
}

// Setting up

async function begin() {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    return refuse(
      say("scripts-record-not-here"),
      window.isSecureContext ? say("scripts-record-newer") : say("scripts-record-secure"),
    );
  }
  store = await Store.open();
  resumed = await wanted();
  if (resumed === undefined) return null;
  // Before it can be pressed: without it the form would be sent as forms are.
  setUp.addEventListener("submit", (event) => { event.preventDefault(); start(); });
  setUp.hidden = false;
  for (const part of setUp.querySelectorAll("[data-system]")) part.hidden = !shares();
  await list();
  navigator.mediaDevices.addEventListener("devicechange", list);
  setUp.microphone.addEventListener("change", () => {
    if (setUp.microphone.value !== "none") localStorage.setItem(MICROPHONE, setUp.microphone.value);
    if (mix) listen();
  });
  find(setUp, "try").addEventListener("click", listen);
  setInterval(meters, 100);
  window.addEventListener("pageshow", () => unfold(setUp));
  unfold(setUp);
  const wish = handed();
  if (wish && !resumed) await straight(wish);
  return null;
}

/** As the start page asked: at once, where the microphone can be had and the browser lets sound through without a click here. */
async function straight(wish) {
  for (const [name, value] of Object.entries(wish)) {
    const field = setUp.elements[name];
    if (field && value) field.value = value;
  }
  unfold(setUp);
  try {
    mix ??= new Mix(lost);
    await mix.microphone();
    await list();
  } catch (error) {
    refuse(...why(error));
    return;
  }
  await Promise.race([mix.wake(), sleep(1000)]);
  if (mix.context.state === "running") await start();
  else find(setUp, "start").focus();
}

/**
 * The recording that is gone on with; null: a new one; undefined: it can't be. This browser may know it, or the server, or both.
 */
async function wanted() {
  const query = new URLSearchParams(location.search);
  const [key, id] = [query.get("session"), page.dataset.id];
  if (!key && !id) return null;
  const known = (await store?.sessions().catch(() => []) ?? []).find((one) => (key ? one.key === key : one.id === id));
  if (!known && !id || page.dataset.others !== undefined && !known?.token) {
    refuse(say("scripts-record-not-kept"), say("scripts-record-not-kept-more"));
    return undefined;
  }
  const found = known ?? { key: unique(), id, title: page.dataset.title, at: Date.now(), seconds: 0, next: 0, take: -1, ...format() };
  if (!(await hold(found.key))) {
    refuse(say("scripts-record-other-tab"), say("scripts-record-other-tab-more"));
    return undefined;
  }
  if (found.id) {
    try {
      const state = await call("GET", `/v1/transcripts/${found.id}/record/upload`);
      if (state.complete) {
        refuse(say("scripts-record-finished"), say("scripts-record-finished-more"));
        return undefined;
      }
      // Another device may have gone on with it meanwhile.
      found.next = Math.max(found.next, (state.received.at(-1) ?? -1) + 1);
      found.take = Math.max(found.take, state.received.length ? state.take : -1);
      found.seconds = Math.max(found.seconds, Number(page.dataset.seconds) || 0);
    } catch (error) {
      if (error instanceof Refused) {
        refuse(say("scripts-record-refused"), error.message);
        return undefined;
      }
    }
  }
  if (!page.dataset.id) {
    find(page, "heading").textContent = say("scripts-record-go-on-title", { title: found.title });
    find(page, "lead").textContent = say("scripts-record-kept-before", { length: clock(found.seconds) });
    setUp.querySelector(".extra").hidden = true;
    find(setUp, "start").textContent = say("scripts-record-go-on");
  }
  return found;
}

/** Fills the lists of microphones; what was chosen stays chosen. */
async function list() {
  const found = await microphones().catch(() => []);
  for (const choice of [setUp.microphone, running.querySelector("select")]) {
    const before = choice.value || localStorage.getItem(MICROPHONE);
    const named = found.filter(({ id }) => id && id !== "default");
    choice.replaceChildren(
      choice.options[0],
      ...named.map(({ id, name }) => new Option(name, id)),
      ...(shares() ? [new Option(say("scripts-record-no-microphone"), "none")] : []),
    );
    choice.value = [...choice.options].some(({ value }) => value === before) ? before : "";
  }
  // Until it has let a page hear, a browser does not tell what there is.
  find(setUp, "unnamed").hidden = !found.length || found.some(({ named }) => named);
}

/** Opens the chosen microphone, so that one sees whether it hears anything. False where it can't be had. */
async function listen() {
  document.getElementById("refused").hidden = true;
  mix ??= new Mix(lost);
  const wish = setUp.microphone.value;
  if (wish === "none") { mix.drop("microphone"); return true; }
  try {
    await mix.wake();
    await mix.microphone(wish);
    await list();
    return true;
  } catch (error) {
    refuse(...why(error));
    return false;
  }
}

async function share() {
  try {
    mix ??= new Mix(lost);
    await mix.system();
    return true;
  } catch (error) {
    if (error.name === "NotAllowedError") refuse(say("scripts-record-nothing-chosen"), say("scripts-record-nothing-chosen-more"));
    else if (error instanceof TypeError) refuse(say("scripts-record-no-sound"), say("scripts-record-no-sound-more"));
    else refuse(say("scripts-record-no-tab"), error.message);
    return false;
  }
}

// Recording

async function start() {
  const button = find(setUp, "start");
  if (button.disabled) return;
  button.disabled = true;
  try {
    document.getElementById("refused").hidden = true;
    // First what the browser asks for in a window of its own: it does so only at once after a click.
    if (setUp.system.checked && !(await share())) return;
    if (!(await listen())) return;
    if (!mix.sources.microphone && !mix.sources.system) return refuse(say("scripts-record-no-source"), say("scripts-record-no-source-more"));
    await mix.wake();
    session = resumed ?? fresh();
    if (!release && !(await hold(session.key))) return refuse(say("scripts-record-other-tab"));
    sender = new Sender(session, store, told);
    time.before = session.seconds;
    for (const piece of (await store?.pieces(session.key).catch(() => [])) ?? []) if (!piece.sent) sender.push(plain(piece));
    take();
    show();
  } finally {
    button.disabled = false;
  }
}

function fresh() {
  const { title: name, source_language: heard, vocabulary, room_id: room } = setUp.elements;
  const shown = name.value.trim() || say("scripts-record-title", { date: new Date().toLocaleString(language, { dateStyle: "medium", timeStyle: "short" }) });
  return {
    key: unique(),
    id: null,
    token: unique(),
    title: shown,
    wish: {
      name: shown.slice(0, 200),
      source_language: heard.value || "auto",
      vocabulary: vocabulary.value,
      source_kind: "live",
      room_id: room?.value || null,
    },
    at: Date.now(),
    seconds: 0,
    next: 0,
    take: -1,
    ...format(),
  };
}

const plain = ({ number, take: of, seconds, blob }) => ({ number, take: of, seconds, blob });

/** Keeps the recording for this tab alone, for as long as the page lives. */
async function hold(key) {
  if (!navigator.locks) return true;
  return new Promise((answer) => {
    navigator.locks.request(lock(key), { ifAvailable: true }, (got) => {
      if (!got) return answer(false);
      return new Promise((free) => { release = free; answer(true); });
    });
  });
}

/** Starts the recorder: a media file of its own. */
function take() {
  session.take += 1;
  const { mime } = session;
  recorder = new MediaRecorder(mix.stream, { ...(mime ? { mimeType: mime } : {}), audioBitsPerSecond: 64_000 });
  const mine = session.take;
  recorder.ondataavailable = ({ data }) => { if (data.size) piece(data, mine); };
  recorder.onerror = (event) => {
    warn(event.error ? say("scripts-record-failed", { error: event.error.name }) : say("scripts-record-failed-somehow"));
    const broken = recorder;
    take();
    if (broken.state !== "inactive") broken.stop();
  };
  recorder.start(PIECE);
  time.since ??= performance.now();
}

/** A piece is kept here and sent. */
function piece(blob, of) {
  session.seconds = elapsed();
  const one = { number: session.next, take: of, seconds: session.seconds, blob };
  session.next += 1;
  const state = { ...session };
  // How far it was then, with the name that the server has given it meanwhile.
  kept = kept.then(() => store?.add({ ...state, id: session.id }, one)).catch(() => { warn(say("scripts-record-no-room")); });
  sender.push(one);
}

function show() {
  setUp.hidden = true;
  running.hidden = false;
  page.querySelector(".hero").hidden = true;
  find(running, "share").hidden = !shares() || Boolean(mix.sources.system);
  const choice = running.querySelector("select");
  choice.value = setUp.microphone.value;
  quietSince = performance.now();
  window.addEventListener("beforeunload", ask);
  stayAwake();
  tick();
  announce(say("scripts-record-recording"));
  find(running, "pause").focus();
}

function ask(event) { event.preventDefault(); }

async function stayAwake() {
  if (document.hidden || !recorder || wakeLock) return;
  try {
    wakeLock = await navigator.wakeLock.request("screen");
    wakeLock.addEventListener("release", () => { wakeLock = null; });
  } catch { /* low battery, or a browser without it: the recording goes on as long as the machine does */ }
}
document.addEventListener("visibilitychange", () => {
  if (recorder?.state === "recording" && document.hidden) recorder.requestData();
  stayAwake();
});
// The last sign of a page that goes: what is recorded until now is kept.
window.addEventListener("pagehide", () => { if (recorder?.state === "recording") recorder.requestData(); });

/** Milliseconds of pause after which it is asked whether the server still waits. */
const LONG = 5 * 60_000;
let pausedAt = 0;

async function pause() {
  const button = find(running, "pause");
  if (button.disabled) return;
  if (recorder.state === "paused" && Date.now() - pausedAt > LONG) {
    button.disabled = true;
    const over = await sender.over();
    button.disabled = false;
    if (!recorder) return;
    if (over) { await again(); return; }
  }
  if (recorder.state === "recording") {
    // What was said last does not wait for the pause to end.
    recorder.requestData();
    recorder.pause();
    time.before = elapsed();
    time.since = null;
    pausedAt = Date.now();
    button.textContent = say("scripts-record-resume");
    announce(say("scripts-record-paused-at", { at: spoken(elapsed()) }));
  } else {
    recorder.resume();
    time.since = performance.now();
    quietSince = performance.now();
    button.textContent = say("scripts-pause");
    announce(say("scripts-record-again"));
  }
  running.dataset.state = recorder.state;
  tick();
}

/** The server has finished the recording as it was, after hours without a sign from here (the machine slept, say): a new one follows it. */
async function again() {
  const first = session;
  const last = recorder;
  last.ondataavailable = null;
  if (last.state !== "inactive") last.stop();
  sender.end();
  await kept;
  await store?.remove(first.key).catch(() => {});
  release?.();
  release = null;
  const name = `${first.title} (2)`.slice(0, 200);
  const wish = first.wish ?? { source_language: "auto", vocabulary: "", source_kind: "live", room_id: null };
  session = { key: unique(), id: null, token: unique(), title: name, wish: { ...wish, name }, at: Date.now(), seconds: 0, next: 0, take: -1, file: first.file, mime: first.mime };
  await hold(session.key);
  sender = new Sender(session, store, told);
  time.before = 0;
  time.since = null;
  const box = find(running, "ended");
  box.querySelector("a").href = `/transcripts/${first.id}`;
  box.hidden = false;
  take();
  quietSince = performance.now();
  find(running, "pause").textContent = say("scripts-pause");
  running.dataset.state = recorder.state;
  tick();
  announce(box.textContent);
}

/** What changes every second: the time, the tab's title. */
function tick() {
  if (!recorder) return;
  const paused = recorder.state === "paused";
  const doing = paused ? say("scripts-record-paused") : say("scripts-record-recording");
  find(running, "doing").textContent = doing;
  find(running, "elapsed").textContent = clock(elapsed());
  document.title = `${paused ? "❚❚" : "●"} ${clock(elapsed())} ${doing} · Reflector`;
}

let lastTick = 0;
function meters() {
  if (!mix) return;
  const { microphone, system, heard } = mix.levels();
  const shown = recorder ? running : setUp;
  meter(find(shown, "level"), microphone);
  if (!recorder) return;
  const both = find(running, "system-level");
  both.hidden = system === null;
  meter(both.querySelector("meter"), system);
  const now = performance.now();
  if (now - lastTick > 250) { lastTick = now; tick(); }
  if (heard || recorder.state !== "recording") {
    quietSince = now;
    if (warned) { warned = false; find(running, "warning").hidden = true; }
  } else if (!warned && now - quietSince > QUIET * 1000) {
    warned = true;
    warn(say("scripts-record-nothing-heard"));
  }
}

function meter(element, level) {
  const value = Math.round(level ?? 0);
  if (element.value !== value) element.value = value;
  const words = value < 3 ? say("scripts-level-silent") : value < 35 ? say("scripts-level-quiet") : value < 92 ? say("scripts-level-good") : say("scripts-level-loud");
  if (element.getAttribute("aria-valuetext") !== words) element.setAttribute("aria-valuetext", words);
}

function warn(said) {
  const box = find(running, "warning");
  box.textContent = said;
  box.hidden = false;
}

/** A source has gone: the recording goes on with what there is, and with another microphone where there is one. */
async function lost(what) {
  if (!recorder) return;
  if (what === "system") {
    find(running, "share").hidden = false;
    warn(say("scripts-record-tab-ended"));
    return;
  }
  warn(say("scripts-record-microphone-gone"));
  running.querySelector("select").value = "";
  await change();
}

/** Another microphone, while it is recorded. */
async function change() {
  const wish = running.querySelector("select").value;
  if (wish === "none") return mix.drop("microphone");
  try {
    await mix.microphone(wish);
    await list();
    warned = false;
    quietSince = performance.now();
    find(running, "warning").hidden = true;
  } catch (error) {
    warn(why(error).join(" "));
  }
  return null;
}

/** How the sending stands. */
function told({ waiting, trouble, refused }) {
  const behind = waiting * (PIECE / 1000);
  const box = find(running, "kept");
  if (refused) sender.over().then((over) => { if (over) find(running, "over").hidden = false; });
  if (refused) {
    box.textContent = say("scripts-record-server-refuses", { error: refused });
  } else if (trouble && waiting) {
    box.textContent = say("scripts-record-not-sent", { trouble, length: clock(behind) });
  } else {
    box.textContent = waiting > 2 ? say("scripts-record-being-sent", { length: clock(behind) }) : say("scripts-record-all-kept");
  }
  const bar = ending.querySelector("progress");
  const all = session.next;
  bar.max = Math.max(1, all);
  bar.value = all - waiting;
  if (!ending.hidden && !refused) find(ending, "detail").textContent = trouble && waiting ? say("scripts-record-retried", { trouble }) : say("scripts-record-arrived", { count: all - waiting, total: all });
}

// The end

async function stop() {
  if (!recorder) return;
  const last = recorder;
  const flushed = new Promise((resolve) => { last.addEventListener("stop", resolve, { once: true }); });
  if (last.state !== "inactive") last.stop();
  else last.dispatchEvent(new Event("stop"));
  await flushed;
  time.before = elapsed();
  time.since = null;
  recorder = null;
  await mix.close();
  mix = null;
  wakeLock?.release().catch(() => {});
  running.hidden = true;
  ending.hidden = false;
  document.title = title;
  find(ending, "said").focus();
  announce(say("scripts-record-recorded"));
  await kept;
  window.removeEventListener("beforeunload", ask);
  if (!session.next) return over(say("scripts-record-empty"), say("scripts-record-empty-more"));
  try {
    await sender.finish();
  } catch (error) {
    return over(say("scripts-record-not-finished"), say("scripts-record-not-finished-more", { error: error.message }), true);
  }
  await store?.remove(session.key).catch(() => {});
  release?.();
  location.assign(`/transcripts/${session.id}`);
  return null;
}

function over(said, more, saves = false) {
  find(ending, "said").textContent = said;
  find(ending, "detail").textContent = more;
  ending.querySelector("progress").hidden = true;
  const button = find(ending, "save");
  button.hidden = !saves || !store;
  button.onclick = () => save(store, session);
  announce(said);
  return null;
}

/** Throws everything away; what the server has goes into the trash, from where it can be taken back. */
async function discard() {
  if (!confirm(say("scripts-record-discard", { length: clock(elapsed()) }))) return;
  const last = recorder;
  recorder = null;
  last.ondataavailable = null;
  const stopped = sender.stop();
  if (last.state !== "inactive") last.stop();
  await mix.close();
  mix = null;
  window.removeEventListener("beforeunload", ask);
  // A transcript that is being made for it right now is to be thrown away too.
  await Promise.race([stopped, sleep(3000)]);
  await kept;
  await store?.remove(session.key).catch(() => {});
  release?.();
  if (session.id) await call("DELETE", `/v1/transcripts/${session.id}`).catch(() => {});
  location.assign(session.id ? `/?deleted=${session.id}` : "/");
}

find(running, "pause").addEventListener("click", pause);
find(running, "stop").addEventListener("click", stop);
find(running, "discard").addEventListener("click", discard);
find(running, "share").addEventListener("click", async () => {
  document.getElementById("refused").hidden = true;
  if (await share()) { find(running, "share").hidden = true; find(running, "warning").hidden = true; }
});
running.querySelector("select").addEventListener("change", change);

begin();
