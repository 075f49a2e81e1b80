// What comes from outside stands on the operator's open console without loading the page again.
import { createHmac, randomUUID } from "node:crypto";
import { expect, openBuilding, operatorPhone, settled, test, visit } from "../support";

/** An event as Stripe sends it; signed with the sandbox's secret, or by somebody who has none. */
async function webhook(origin: string, id: string, secret: string): Promise<number> {
  const body = JSON.stringify({ id, object: "event", type: "of.later_times", data: { object: {} } });
  const at = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", secret).update(`${at}.${body}`).digest("hex");
  const answer = await fetch(`${origin}/webhooks/stripe`, { method: "POST", headers: { "content-type": "application/json", "stripe-signature": `t=${at},v1=${signature}` }, body });
  return answer.status;
}

test("a true webhook and a forged one come to the open console by themselves", async ({ browse }) => {
  const { baseURL = "" } = test.info().project.use;
  const operator = await browse((await openBuilding({}, operatorPhone(1))).chair.session);
  await visit(operator, "/operator/inbound");
  await operator.evaluate(() => document.documentElement.setAttribute("data-same-page", ""));
  // Forgeries are told by the hour and counted, nothing else of them.
  const counted = async () => (await operator.locator("#console-forged td.n").allTextContents()).reduce((sum, count) => sum + Number(count), 0);
  const before = await counted();

  const [forged, genuine] = [`evt_${randomUUID()}`, `evt_${randomUUID()}`];
  expect(await webhook(baseURL, forged, "whsec_of_nobody")).toBe(400);
  expect(await webhook(baseURL, genuine, "whsec_vantera_sandbox")).toBe(200);
  const line = operator.locator("#console-inbound li").filter({ hasText: genuine });
  await expect(line).toBeVisible();
  await expect.poll(counted, "one forgery more").toBe(before + 1);
  await expect(operator.getByText(forged), "nothing of a forgery is kept").toHaveCount(0);
  await expect(operator.locator("html"), "the page was not loaded again").toHaveAttribute("data-same-page", "");

  // What came by itself is as good as what was there.
  await line.getByRole("link").click();
  await expect(operator).toHaveURL(/open=/);
  await settled(operator);
  await expect(operator.locator("#console-open")).toContainText(genuine);
});
