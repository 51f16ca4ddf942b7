// Links, into the clipboard: each button copies the field before it.

import { say } from "./say.js";
import { announce } from "./util.js";

for (const link of document.querySelectorAll("[data-link]")) {
  const button = link.parentElement.querySelector("[data-copy]");
  button.hidden = false;
  link.addEventListener("focus", () => link.select());
  button.addEventListener("click", async () => {
    link.select();
    try {
      await navigator.clipboard.writeText(link.value);
    } catch {
      // Without TLS browsers have no clipboard for scripts, but still the old command.
      document.execCommand("copy");
    }
    button.textContent = say("scripts-copied");
    announce(say("scripts-link-copied"));
    setTimeout(() => { button.textContent = say("scripts-copy"); }, 3000);
  });
}
