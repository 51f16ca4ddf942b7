// A page that says how something is: events tell of what is one's own, and the rest is asked for now and then.

import { keepFresh } from "./rows.js";

const seconds = document.querySelector("[data-every]")?.dataset.every ?? 10;
keepFresh(3000, { idle: Number(seconds) * 1000 });
