// The payment provider's stand-in: paying as its page would, faults, and what it holds in the end.
import { exchange, until } from "./http.mjs";

export class Provider {
  constructor(origin) {
    this.origin = origin;
  }

  async #ask(method, path, body) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { authorization: "Bearer sk_test_vantera_sandbox", ...(text ? { "content-type": "application/json", "content-length": Buffer.byteLength(text) } : {}) };
    const answer = await exchange({ method, url: `${this.origin}${path}`, headers, body: text });
    if (answer.status !== 200) throw new Error(`the sandbox answered ${answer.status} to ${method} ${path}: ${answer.body.slice(0, 300)}`);
    return JSON.parse(answer.body);
  }

  fault(order) {
    return this.#ask("POST", "/_sandbox/faults", order);
  }

  clearFaults() {
    return this.#ask("DELETE", "/_sandbox/faults");
  }

  /** Pays; answers where the payer is led then. */
  async pay(session) {
    const paid = await this.#ask("POST", `/_sandbox/sessions/${session}/pay`, {});
    if (paid.outcome !== "paid") throw new Error(`paying ${session} ended as ${paid.outcome}`);
    return paid.detail;
  }

  /** Waits until the event of a paid session was taken by us; false when it was not within the time. */
  async delivered(session, limitMs) {
    const taken = await until(limitMs, async () => {
      const { objects, deliveries } = await this.#ask("GET", "/_sandbox/state");
      const event = objects.event.find((event) => event.type === "checkout.session.completed" && event.data.object.id === session);
      return (event && deliveries.some((delivery) => delivery.event === event.id && delivery.status === 200)) || undefined;
    });
    return taken === true;
  }

  /** The newest one-time code sent to a phone. */
  async code(phone) {
    const messages = await this.#ask("GET", `/_sandbox/sms?to=${encodeURIComponent(phone)}`);
    return messages[0]?.text.match(/#(\d{6})/)?.[1];
  }

  async #all(path) {
    const found = [];
    for (let after = ""; ; ) {
      const page = await this.#ask("GET", `/v1/${path}${path.includes("?") ? "&" : "?"}limit=100${after}`);
      found.push(...page.data);
      if (!page.has_more) return found;
      after = `&starting_after=${page.data.at(-1).id}`;
    }
  }

  /**
   * Every session that was paid, and what became of its money. Payments and refunds are found by the customer, of
   * whom the stand-in makes one a session: that holds whatever our own metadata says.
   */
  async ledger() {
    const [sessions, subscriptions, intents, refunds] = await Promise.all([
      this.#all("checkout/sessions"),
      this.#all("subscriptions?status=all"),
      this.#all("payment_intents"),
      this.#all("refunds"),
    ]);
    const paid = sessions.filter((session) => session.payment_status === "paid");
    return {
      opened: sessions.length,
      paid: paid.map((session) => {
        const payments = intents.filter((intent) => intent.customer === session.customer && intent.status === "succeeded");
        const back = refunds.filter((refund) => refund.status === "succeeded" && payments.some((payment) => payment.id === refund.payment_intent));
        const active = subscriptions.filter((subscription) => subscription.customer === session.customer && subscription.status === "active");
        return { session: session.id, checkout: session.client_reference_id, amount: session.amount_total, payments: payments.length, refunded: back.reduce((sum, refund) => sum + refund.amount, 0), refunds: back.length, active: active.length };
      }),
    };
  }
}
