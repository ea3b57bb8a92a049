// @ts-check
/** A generator of numbers that follow from a seed (sfc32), so that a round can be repeated. */
export class Random {
  #a;
  #b;
  #c = 1;
  #d = 1;

  /** @param {number} seed @param {string} [purpose] each purpose has its own numbers, independent of the others */
  constructor(seed, purpose = "") {
    let hash = seed >>> 0;
    for (const character of purpose) hash = Math.imul(hash ^ character.charCodeAt(0), 0x9e3779b1) >>> 0;
    this.#a = seed >>> 0;
    this.#b = hash;
    for (let i = 0; i < 15; i++) this.#next();
  }

  /** Returns a number from 0 up to, but not including, 1. */
  fraction() {
    return this.#next() / 2 ** 32;
  }

  /** Returns a whole number, both ends included. @param {number} least @param {number} most */
  whole(least, most) {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** Returns true with this probability. @param {number} probability */
  chance(probability) {
    return this.fraction() < probability;
  }

  /** Returns one element. @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return /** @type {T} */ (list[Math.floor(this.fraction() * list.length)]);
  }

  /** Returns `count` different elements. @template T @param {readonly T[]} list @param {number} count @returns {T[]} */
  some(list, count) {
    const left = [...list];
    const chosen = [];
    while (chosen.length < count && left.length > 0) chosen.push(...left.splice(this.whole(0, left.length - 1), 1));
    return chosen;
  }

  #next() {
    const sum = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }
}
