import { keepFresh } from "./rows.js";

keepFresh(5000);
