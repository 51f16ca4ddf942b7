// What scripts say, in the language of the page: the texts of locales/*/scripts.ftl and date.ftl, which the server gives as strings.{language}.js.

/** The page's language, as dates want it. */
export const language = document.documentElement.lang || "en";
const plurals = new Intl.PluralRules(language);

/** A number with the separators of the language and, where they are given, so many decimals. */
export function number(value, decimals) {
  return new Intl.NumberFormat(language, { useGrouping: "min2", minimumFractionDigits: decimals, maximumFractionDigits: decimals ?? 3 }).format(value);
}

/** The pattern for a value: that of just this value, else that of its plural, else the one for all others. */
function chosen({ cases, others }, value) {
  if (Object.hasOwn(cases, value)) return cases[value];
  return (typeof value === "number" && cases[plurals.select(value)]) || others;
}

function write(pattern, values) {
  return pattern.map((part) => {
    if (typeof part === "string") return part;
    const value = values[part.value];
    if (part.cases) return write(chosen(part, value), values);
    return typeof value === "number" ? number(value) : String(value ?? "");
  }).join("");
}

/** The text of this name with values in it: numbers as numbers, so that plurals work. One that is missing is its own name. */
export function say(id, values = {}) {
  const pattern = globalThis.reflectorStrings?.[id];
  return pattern ? write(pattern, values) : id;
}
