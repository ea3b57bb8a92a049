import { find } from "./element.ts";

/**
 * Says something to those who listen to the page rather than look at it, politely. For what somebody did and how it went;
 * never for each event of a feed.
 */
export function announce(text: string): void {
  const line = document.createElement("p");
  line.textContent = text;
  // A line of its own each time: the same text twice is then still said twice.
  find("#announcer").replaceChildren(line);
}
