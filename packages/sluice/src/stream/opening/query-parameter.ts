/** Returns a parameter of the query of a URL, or of a path with a query; `undefined` if it is absent or empty. */
export function queryParameter(url: string, name: string): string | undefined {
  const query = url.indexOf("?");
  // Most requests lack the parameter. The search is cheaper than parsing.
  if (query < 0 || url.indexOf(`${name}=`, query) < 0) return undefined;
  const fragment = url.indexOf("#", query);
  const search = url.slice(query + 1, fragment < 0 ? undefined : fragment);
  return new URLSearchParams(search).get(name) || undefined;
}
