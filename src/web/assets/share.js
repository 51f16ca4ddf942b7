// Links and keys, into the clipboard: each button copies what stands before it.

import { say } from "./say.js";
import { announce, copy } from "./util.js";

for (const link of document.querySelectorAll("[data-link]")) {
  const button = link.parentElement.querySelector("[data-copy]");
  const select = () => { if (link.select) link.select(); else getSelection().selectAllChildren(link); };
  let told = null;
  button.hidden = false;
  link.addEventListener("focus", select);
  button.addEventListener("click", async () => {
    select();
    if (!(await copy(link.value ?? link.textContent))) {
      // There it stays marked.
      told ??= Object.assign(document.createElement("p"), { className: "small", textContent: say("scripts-not-copied") });
      told.setAttribute("role", "alert");
      link.parentElement.after(told);
      link.focus();
      return;
    }
    told?.remove();
    button.textContent = say("scripts-copied");
    announce(link.select ? say("scripts-link-copied") : say("scripts-copied"));
    setTimeout(() => { button.textContent = say("scripts-copy"); }, 3000);
  });
}
