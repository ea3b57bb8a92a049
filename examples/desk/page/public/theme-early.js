// Runs before the first paint, so that a chosen theme does not flash. A file of its own: the page's policy forbids inline scripts.
try {
  const theme = localStorage.getItem("desk-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is closed to us: the system's theme it is.
}
