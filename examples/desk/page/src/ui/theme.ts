import { find } from "./element.ts";

type Theme = "light" | "dark";

/** Where a chosen theme is kept; `public/theme-early.js` reads it before the first paint. */
const STORAGE_KEY = "desk-theme";

const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

function systemTheme(): Theme {
  return systemIsDark.matches ? "dark" : "light";
}

function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : systemTheme();
}

/** Wires the theme button. `onChange` is called whenever the colours change, by the button or by the system. */
export function startTheme(onChange: () => void): void {
  const button = find<HTMLButtonElement>("#theme");
  const show = () => {
    const next: Theme = currentTheme() === "dark" ? "light" : "dark";
    button.setAttribute("aria-label", `Use the ${next} theme`);
    button.title = `Use the ${next} theme`;
    onChange();
  };
  button.addEventListener("click", () => {
    choose(currentTheme() === "dark" ? "light" : "dark");
    show();
  });
  systemIsDark.addEventListener("change", show);
  show();
}

/** What the system wants anyway is not kept as a choice, so that the page goes on following the system. */
function choose(theme: Theme): void {
  const root = document.documentElement;
  if (theme === systemTheme()) delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === systemTheme()) localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // Storage may be closed to us. The choice then lasts as long as the page.
  }
}
