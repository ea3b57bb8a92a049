/** The element that the page is known to have. Throws when it has not: then page and script do not belong together. */
export function find<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T {
  const element = root.querySelector<T>(selector);
  if (element === null) throw new Error(`The page lacks ${selector}.`);
  return element;
}

/** A copy of what is in the `<template>` with this ID. */
export function fromTemplate<T extends Element = HTMLElement>(id: string): T {
  const first = find<HTMLTemplateElement>(`#${id}`).content.firstElementChild;
  if (first === null) throw new Error(`The template ${id} is empty.`);
  return first.cloneNode(true) as T;
}

/** An element with text in it. Text is never read as HTML. */
export function textElement<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text: string,
  className = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className !== "") element.className = className;
  return element;
}
