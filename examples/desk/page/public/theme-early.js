// Sets the chosen theme before the first paint, so that the page does not flash in the other theme.
// It is a separate file because the page's content security policy forbids inline scripts.
try {
  const theme = localStorage.getItem("desk-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // The browser may block storage. The page then uses the system's theme.
}
