// Links and keys, into the clipboard: each button copies what stands before it.

import { say } from "./say.js";
import { announce } from "./util.js";

for (const link of document.querySelectorAll("[data-link]")) {
  const button = link.parentElement.querySelector("[data-copy]");
  const select = () => { if (link.select) link.select(); else getSelection().selectAllChildren(link); };
  button.hidden = false;
  link.addEventListener("focus", select);
  button.addEventListener("click", async () => {
    select();
    try {
      await navigator.clipboard.writeText(link.value ?? link.textContent);
    } catch {
      // Without TLS browsers have no clipboard for scripts, but still the old command.
      document.execCommand("copy");
    }
    button.textContent = say("scripts-copied");
    announce(link.select ? say("scripts-link-copied") : say("scripts-copied"));
    setTimeout(() => { button.textContent = say("scripts-copy"); }, 3000);
  });
}
