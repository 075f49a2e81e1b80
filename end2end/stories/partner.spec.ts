// A partner subscribes through the API, is let in by a committee, receives and verifies a signed event with the published
// reader of Standard Webhooks, is sent away, and receives nothing more.
import { type APIRequestContext, type Page, request } from "@playwright/test";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { expect, openBuilding, test, visit } from "../support";

interface Message {
  headers: Record<string, string>;
  body: string;
}

/** The partner's own server: keeps what comes, in the order it comes. */
async function listen(): Promise<{ url: string; next: () => Promise<Message>; waiting: () => number; close: () => void }> {
  const came: Message[] = [];
  const asked: ((message: Message) => void)[] = [];
  const server = createServer((call, answer) => {
    const pieces: Buffer[] = [];
    call.on("data", (piece: Buffer) => pieces.push(piece));
    call.on("end", () => {
      answer.writeHead(204).end();
      const message = { headers: plain(call.headers), body: Buffer.concat(pieces).toString() };
      const first = asked.shift();
      if (first) first(message);
      else came.push(message);
    });
  });
  await new Promise<void>((up) => server.listen(0, "127.0.0.1", up));
  const next = () => new Promise<Message>((take) => {
    const first = came.shift();
    if (first) take(first);
    else asked.push(take);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, next, waiting: () => came.length, close: () => server.close() };
}

function plain(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** A program of the partner's: no browser, no cookies, one key. */
async function program(key: string): Promise<APIRequestContext> {
  return request.newContext({ baseURL: test.info().project.use.baseURL, extraHTTPHeaders: { authorization: `Bearer ${key}` } });
}

async function notice(chair: Page, slug: string, title: string): Promise<void> {
  await visit(chair, `/b/${slug}`);
  await chair.locator("#compose > summary").click();
  await chair.getByLabel("סוג").selectOption("notice");
  await chair.getByLabel("כותרת").fill(title);
  await chair.getByLabel("תוכן").fill("בין 9 ל־12.");
  await chair.getByRole("button", { name: "פרסום" }).click();
  await expect(chair.getByRole("article").filter({ hasText: title })).toBeVisible();
}

test("a partner subscribes, is granted, believes what is signed, is sent away and hears nothing more", async ({ browse }) => {
  const [here, elsewhere, receiver] = [await openBuilding(), await openBuilding(), await listen()];
  const [partner, chair] = [await browse(elsewhere.chair.session), await browse(here.chair.session)];

  await visit(partner, "/partners/open");
  await partner.getByLabel("שם הארגון").fill("מגן ביטוח");
  await partner.getByLabel("סוג הארגון").selectOption("insurer");
  await partner.getByRole("button", { name: "פתיחת חשבון" }).click();
  await expect(partner.getByRole("heading", { level: 1, name: "מגן ביטוח" })).toBeVisible();
  const code = new URL(partner.url()).pathname.split("/").at(-1) ?? "";
  await partner.getByLabel("שם המפתח").fill("השרת של הייצור");
  await partner.getByLabel("הרשאה").selectOption("write");
  await partner.getByRole("button", { name: "מפתח חדש" }).click();
  const key = await partner.getByLabel("המפתח החדש").inputValue();
  expect(key).toMatch(/^vk_/);
  await partner.reload();
  await expect(partner.getByLabel("המפתח החדש"), "a key is shown once").toHaveCount(0);

  const api = await program(key);
  const made = await api.post("/api/v1/endpoints", { data: { url: receiver.url, event_types: ["notice.published"] } });
  expect(made.status()).toBe(201);
  const endpoint = (await made.json()) as { id: string; secret: string };
  const verifier = new Webhook(endpoint.secret);
  expect((await (await api.get("/api/v1/buildings")).json()).data, "nobody has agreed yet").toEqual([]);

  await visit(chair, `/b/${here.slug}/committee/access`);
  await chair.getByLabel("קוד השותף").fill(code.toLowerCase());
  await chair.getByLabel(/הודעות הוועד לכל הבניין/).check();
  await chair.getByRole("button", { name: "הענקת גישה" }).click();
  await expect(chair.locator("#granted")).toContainText("מגן ביטוח");
  expect((await (await api.get("/api/v1/buildings")).json()).data).toMatchObject([{ slug: here.slug, event_types: ["notice.published"] }]);

  await notice(chair, here.slug, "הפסקת מים");
  const message = await receiver.next();
  const told = verifier.verify(message.body, message.headers) as { type: string; data: { title: string; building: { slug: string } } };
  expect(told).toMatchObject({ type: "notice.published", data: { title: "הפסקת מים", building: { slug: here.slug } } });
  expect(() => verifier.verify(message.body.replace("notice", "hazard"), message.headers), "a changed body is not believed").toThrow();

  await visit(chair, `/b/${here.slug}/committee/access`);
  await chair.getByRole("button", { name: "ניתוק: מגן ביטוח" }).click();
  await expect(chair.locator("#past")).toContainText("מגן ביטוח");
  await notice(chair, here.slug, "מעלית בתיקון");
  // A test asked for after the notice: whatever was to come of the notice would have come before it.
  expect((await api.post(`/api/v1/endpoints/${endpoint.id}/test`)).status()).toBe(202);
  const last = await receiver.next();
  expect(verifier.verify(last.body, last.headers)).toMatchObject({ type: "gateway.test" });
  expect(receiver.waiting(), "nothing more was told of the building").toBe(0);
  await api.dispose();
  receiver.close();
});
