export { accompany } from "./accompany.ts";
export { refusalOf } from "./attempt/refusal.ts";
export { validate } from "./deliver/validate.ts";
export { planAfter } from "./plan.ts";
