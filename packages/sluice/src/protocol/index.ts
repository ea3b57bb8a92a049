export { encodeEvent } from "./encode-event.ts";
export { checkFields, type EventFields } from "./event-fields.ts";
export { SluiceError, type SluiceErrorCode } from "./sluice-error.ts";
