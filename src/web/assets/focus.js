// The focus: where it goes when what had it is put there anew or goes away, and what is chosen by keyboard.

/** What a control keeps when its part of the page is made anew. */
const LASTING = /^(id|name|value|type|href|action|data-.+)$/;

function selector(element) {
  const kept = [...element.attributes].filter(({ name }) => LASTING.test(name));
  return element.localName + kept.map(({ name, value }) => `[${name}="${CSS.escape(value)}"]`).join("");
}

/** How the control of a part that has the focus is found again in what takes the part's place; null where the focus is elsewhere. */
export function held(part) {
  const control = document.activeElement;
  if (!control || !part.contains(control)) return null;
  const around = control.parentElement.closest("form, details");
  return around && part.contains(around) ? `${selector(around)} ${selector(control)}` : selector(control);
}

/** Gives the focus that was lost back to what `held` described, else to the part itself. */
export function regain(part, control) {
  if (document.activeElement && document.activeElement !== document.body) return;
  part.querySelector(control)?.focus({ preventScroll: true });
  if (part.contains(document.activeElement)) return;
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
}

/** Whether a control that is hidden or disabled now still has the focus, or nothing has it. */
export function isLost() {
  const control = document.activeElement;
  return !control || control === document.body || control.disabled || control.closest("[hidden]") !== null;
}

/**
 * Does something at once when a choice is made by mouse. By keyboard arrows and letters pass over what is not meant: there Enter says
 * that it is the one, as `hint` tells, and whoever goes elsewhere leaves it as it was.
 */
export function chosen(select, hint, act) {
  let before = null;
  const end = () => { before = null; hint.hidden = true; };
  select.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && before !== null) {
      event.preventDefault();
      const other = select.value !== before;
      end();
      if (other) act();
    } else if (event.key === " ") {
      // Opens the list, where Enter chooses already.
      end();
    } else if (/^(Arrow(Up|Down)|Page|Home|End|.$)/.test(event.key)) {
      before ??= select.value;
    }
  });
  select.addEventListener("pointerdown", end);
  select.addEventListener("blur", () => { if (before !== null) select.value = before; end(); });
  select.addEventListener("change", () => {
    if (before === null) act();
    else hint.hidden = select.value === before;
  });
}
