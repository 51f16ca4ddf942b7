// A menu closes with Escape, and when the attention goes elsewhere, by mouse or by keyboard: it would cover what one goes to.

const open = () => document.querySelectorAll("details.menu[open]");

for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, (event) => { for (const menu of open()) if (!menu.contains(event.target)) menu.open = false; });
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) { menu.open = false; menu.querySelector("summary").focus(); }
});
