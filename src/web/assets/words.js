// Words of the text. A paragraph is one text node, so that a long meeting costs few nodes; when its words begin is packed in its
// `data-w` (src/web/pages/turns.rs says how), and they are coloured by highlights, which need no nodes.

const known = new WeakMap();

/** Where a paragraph's words stand in its text, and when they begin: `{starts, from, to}`, arrays of one length; seconds and characters. */
export function wordsOf(paragraph) {
  const packed = paragraph.dataset.w;
  const before = known.get(paragraph);
  if (before?.packed === packed) return before;
  const text = paragraph.firstChild?.data ?? "";
  const words = { packed, starts: [], from: [], to: [] };
  let [at, time] = [0, 0];
  for (const item of packed ? packed.split(" ") : []) {
    const [after, length] = item.split(".");
    time += parseInt(after, 36);
    if (text[at] === " ") at += 1;
    let end = length ? at + Number(length) : text.indexOf(" ", at);
    if (end < 0) end = text.length;
    words.starts.push(time / 100);
    words.from.push(at);
    words.to.push(end);
    at = end;
  }
  known.set(paragraph, words);
  return words;
}

/** When a paragraph begins, in seconds. */
export const startOf = (paragraph) => wordsOf(paragraph).starts[0] ?? 0;

/** When a word ends at the latest: where the next one begins. */
export function endOf(paragraph, index) {
  const { starts } = wordsOf(paragraph);
  const end = Number(paragraph.dataset.end);
  return Math.max(starts[index], Math.min(starts[index + 1] ?? end, end));
}

/** The last of `list` (sorted) that is not after `value`, or -1. */
export function lastUpTo(list, value) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The range of words of a paragraph. */
export function rangeOf(paragraph, first, last = first) {
  const { from, to } = wordsOf(paragraph);
  const range = new Range();
  range.setStart(paragraph.firstChild, from[first]);
  range.setEnd(paragraph.firstChild, to[last]);
  return range;
}

/** The word at a character of a paragraph, or the one before it. */
const wordAt = (paragraph, offset) => Math.max(0, lastUpTo(wordsOf(paragraph).from, offset));

/** The word under a point of the window: `{paragraph, index}` or null. */
export function wordUnder(x, y) {
  const caret = document.caretPositionFromPoint?.(x, y);
  const old = caret ? null : document.caretRangeFromPoint?.(x, y);
  const node = caret?.offsetNode ?? old?.startContainer;
  const paragraph = node?.parentElement?.closest("#text p[data-w]");
  if (!paragraph || node !== paragraph.firstChild || !wordsOf(paragraph).starts.length) return null;
  const offset = caret?.offset ?? old.startOffset;
  // The caret beside the last letter of a word may be nearer to the next one.
  const near = wordAt(paragraph, offset);
  for (const index of [near, near - 1]) {
    if (index < 0) continue;
    const boxes = [...rangeOf(paragraph, index).getClientRects()];
    if (boxes.some((box) => x >= box.left - 3 && x <= box.right + 3 && y >= box.top - 3 && y <= box.bottom + 3)) return { paragraph, index };
  }
  return null;
}

/** What is selected in the text, in whole words: `{first, last, start, end, text}` with `{paragraph, index}` and seconds; or null. */
export function selectedWords() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const root = document.getElementById("text");
  if (!root || !range.intersectsNode(root)) return null;
  const touched = [];
  for (const paragraph of root.querySelectorAll("p[data-w]")) {
    if (!range.intersectsNode(paragraph) || !paragraph.firstChild) continue;
    const text = paragraph.firstChild;
    const from = range.startContainer === text ? range.startOffset : range.comparePoint(text, 0) < 0 ? text.length : 0;
    const to = range.endContainer === text ? range.endOffset : range.comparePoint(text, text.length) > 0 ? 0 : text.length;
    const words = wordsOf(paragraph);
    const inside = words.from.map((_, index) => index).filter((index) => words.from[index] < to && words.to[index] > from);
    if (inside.length) touched.push({ paragraph, first: inside[0], last: inside.at(-1) });
  }
  if (!touched.length) return null;
  const [one, other] = [touched[0], touched.at(-1)];
  return {
    first: { paragraph: one.paragraph, index: one.first },
    last: { paragraph: other.paragraph, index: other.last },
    start: wordsOf(one.paragraph).starts[one.first],
    // When the last word begins: what is given to a speaker is named by beginnings.
    lastStart: wordsOf(other.paragraph).starts[other.last],
    end: endOf(other.paragraph, other.last),
    text: touched.map(({ paragraph, first, last }) => String(rangeOf(paragraph, first, last))).join(" "),
  };
}

/** Colours words: `name` is that of the style sheet; none: takes the colour away. */
export function colour(name, ranges) {
  if (!CSS.highlights) return;
  if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges));
  else CSS.highlights.delete(name);
}

/** Ranges of the words that are said from one time to another, in seconds, as far as their leaf is there: in one paragraph. */
export function rangesBetween(text, start, end) {
  const leaf = text.at(start);
  if (!leaf?.matches("[data-open]")) return [];
  const exact = (one) => wordsOf(one).starts.findIndex((time) => Math.abs(time - start) < 0.011);
  // Two may speak at once: the one meant has a word that begins just then.
  const near = text.paragraphsOf(leaf).all.filter((one) => startOf(one) <= start + 0.02 && Number(one.dataset.end) >= start - 0.02);
  const paragraph = near.find((one) => exact(one) >= 0) ?? text.paragraphAt(start);
  if (!paragraph) return [];
  const { starts } = wordsOf(paragraph);
  const first = Math.max(0, lastUpTo(starts, start + 0.011));
  const last = Math.max(first, lastUpTo(starts, end - 0.011));
  return [rangeOf(paragraph, first, last)];
}

/** Scrolls to words, unless they are in sight: below the player, and above what covers so many pixels of the window's foot. */
export function bring(range, foot = 0) {
  const place = range.getBoundingClientRect();
  const top = (document.querySelector(".player")?.getBoundingClientRect().bottom ?? 0) + 24;
  const bottom = window.innerHeight - foot - 24;
  if (place.top >= top && place.bottom <= bottom) return;
  glide(place.top - top - (bottom - top) * 0.4);
}

/** How long a glide takes, in ms. */
const GLIDE = 350;
let glides = 0;
for (const kind of ["wheel", "touchmove", "keydown"]) {
  window.addEventListener(kind, (event) => {
    if (kind !== "keydown" || /^(Arrow|Page|Home|End|Tab)/.test(event.key)) glides += 1;
  }, { passive: true, capture: true });
}

/**
 * Scrolls the page by so many pixels, within a moment; at once where that is far or movement is not wanted. It ends when hands do something
 * else: the browser's own smooth scroll goes on after a Tab, and carries what has the focus out of the window.
 */
export function glide(by) {
  const mine = glides += 1;
  const [from, begun] = [window.scrollY, performance.now()];
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches || Math.abs(by) > 3 * window.innerHeight;
  const step = () => {
    if (glides !== mine) return;
    const share = still ? 1 : Math.min(1, (performance.now() - begun) / GLIDE);
    window.scrollTo({ top: from + by * share * share * (3 - 2 * share), behavior: "instant" });
    if (share < 1) requestAnimationFrame(step);
  };
  step();
}
