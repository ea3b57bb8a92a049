/**
 * Returns the property of an event handler, such as `onmessage`, for the prototype of an event target (HTML standard,
 * section 8.1.8.1). Its getter and setter pass the target to `check`, which throws a
 * `TypeError` for an object of another class.
 */
export function eventHandler<Target extends EventTarget>(
  type: string,
  check: (target: Target) => unknown,
): PropertyDescriptor & ThisType<Target> {
  const handlers = new WeakMap<EventTarget, { value: object; readonly listener: (event: Event) => void }>();
  return {
    get() {
      check(this);
      return handlers.get(this)?.value ?? null;
    },
    set(value: unknown) {
      check(this);
      const handler = handlers.get(this);
      if ((typeof value !== "object" && typeof value !== "function") || value === null) {
        // [spec] If the given value is null, then deactivate an event handler given eventTarget and name.
        if (handler !== undefined) this.removeEventListener(type, handler.listener);
        handlers.delete(this);
      } else if (handler !== undefined) {
        // A replaced handler keeps its place among the listeners.
        handler.value = value;
      } else {
        const added = {
          value,
          // An object that cannot be called is a handler too, and does nothing: [LegacyTreatNonObjectAsNull].
          listener: (event: Event) => void (typeof added.value === "function" && added.value.call(this, event)),
        };
        handlers.set(this, added);
        this.addEventListener(type, added.listener);
      }
    },
    configurable: true,
  };
}
