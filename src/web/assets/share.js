// Links, into the clipboard: each button copies the field before it.

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
    button.textContent = "Copied";
    announce("The link is copied");
    setTimeout(() => { button.textContent = "Copy"; }, 3000);
  });
}
