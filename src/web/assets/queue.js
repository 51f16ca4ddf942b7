// The queue: kept fresh while something is in it.

import { keepFresh } from "./rows.js";

keepFresh(3000);
