import { find } from "./element.ts";

type Theme = "light" | "dark";

/** Storage key of the chosen theme. `public/theme-early.js` reads it before the first paint. */
const STORAGE_KEY = "desk-theme";

const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

function systemTheme(): Theme {
  return systemIsDark.matches ? "dark" : "light";
}

function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : systemTheme();
}

/** Connects the theme button. Calls `onChange` when the theme changes, by the button or by the system. */
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

/** Sets the theme. The system's own theme is not stored, so that the page keeps following the system. */
function choose(theme: Theme): void {
  const root = document.documentElement;
  if (theme === systemTheme()) delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === systemTheme()) localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, theme);
  } catch {
    // The browser may block storage. The choice is then lost on reload.
  }
}
