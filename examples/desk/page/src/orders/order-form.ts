import { ApiError, request } from "../server/api.ts";
import { announce } from "../ui/announce.ts";
import { find } from "../ui/element.ts";
import { formatAmount } from "../ui/format.ts";
import type { Order } from "./order.ts";

/** Places an order through the same endpoint that everybody uses. */
export function placeOrder(customerName: string, amount: number): Promise<Order> {
  return request<Order>("POST", "/api/orders", { customerName, amount });
}

/** Wires the form that places an order. The server checks the input; the form only says what it answered. */
export function startOrderForm(): void {
  const form = find<HTMLFormElement>("#order-form");
  const customer = find<HTMLInputElement>("#order-customer");
  const amount = find<HTMLInputElement>("#order-amount");
  const error = find("#order-error");
  const button = find<HTMLButtonElement>("button", form);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fault = faultOf(customer, amount);
    customer.setAttribute("aria-invalid", String(fault?.field === customer));
    amount.setAttribute("aria-invalid", String(fault?.field === amount));
    error.textContent = fault?.message ?? "";
    if (fault !== undefined) return fault.field.focus();
    button.disabled = true;
    try {
      const order = await placeOrder(customer.value.trim(), amount.valueAsNumber);
      announce(`Order ${order.orderId} placed for ${order.customerName}, ${formatAmount(order.amount)}.`);
      form.reset();
      customer.focus();
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      error.textContent = cause.message;
    } finally {
      button.disabled = false;
    }
  });
}

/** What keeps the form from being sent, for the sake of a quick answer. */
function faultOf(
  customer: HTMLInputElement,
  amount: HTMLInputElement,
): { field: HTMLInputElement; message: string } | undefined {
  if (customer.value.trim() === "") return { field: customer, message: "Who is the order for? Enter a customer." };
  if (amount.value === "") return { field: amount, message: "Enter an amount in euros, such as 49.90." };
  if (!amount.checkValidity()) {
    return { field: amount, message: "The amount must be between 0.01 and 1,000,000, with at most two decimals." };
  }
  return undefined;
}
