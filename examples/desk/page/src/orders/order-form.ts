import type { Order } from "../../../wire/order.ts";
import { ApiError, request } from "../server/api.ts";
import { announce } from "../ui/announce.ts";
import { find } from "../ui/element.ts";
import { formatAmount } from "../ui/format.ts";

/** Places an order over the HTTP API. Rejects with {@link ApiError}. */
export function placeOrder(customerName: string, amount: number): Promise<Order> {
  return request<Order>("POST", "/api/orders", { customerName, amount });
}

/** Connects the form that places an order. */
export function startOrderForm(): void {
  const form = find<HTMLFormElement>("#order-form");
  const customer = find<HTMLInputElement>("#order-customer");
  const amount = find<HTMLInputElement>("#order-amount");
  const error = find("#order-error");
  const button = find<HTMLButtonElement>("button", form);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const mistake = findMistake(customer, amount);
    customer.setAttribute("aria-invalid", String(mistake?.field === customer));
    amount.setAttribute("aria-invalid", String(mistake?.field === amount));
    error.textContent = mistake?.message ?? "";
    if (mistake !== undefined) return mistake.field.focus();
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

/** Returns the first invalid field. The server validates the input too, but this check needs no request. */
function findMistake(
  customer: HTMLInputElement,
  amount: HTMLInputElement,
): { field: HTMLInputElement; message: string } | undefined {
  if (customer.value.trim() === "") return { field: customer, message: "Enter a customer." };
  if (amount.value === "") return { field: amount, message: "Enter an amount in euros, such as 49.90." };
  if (!amount.checkValidity()) {
    return { field: amount, message: "The amount must be between 0.01 and 1,000,000, with at most two decimals." };
  }
  return undefined;
}
