/** Returns the first element that matches. Throws if there is none: then page and script are from different builds. */
export function find<T extends Element = HTMLElement>(selector: string, root: ParentNode = document): T {
  const element = root.querySelector<T>(selector);
  if (element === null) throw new Error(`The page has no element ${selector}.`);
  return element;
}

/** Returns a copy of the element in the `<template>` with this ID. */
export function fromTemplate<T extends Element = HTMLElement>(id: string): T {
  const first = find<HTMLTemplateElement>(`#${id}`).content.firstElementChild;
  if (first === null) throw new Error(`The template ${id} is empty.`);
  return first.cloneNode(true) as T;
}

/** Makes an element with this text. The text is not parsed as HTML. */
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

/** Sets an element's text, unless it has that text already. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
