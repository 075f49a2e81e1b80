// Verifies a message of Vantera (Standard Webhooks) with Node's own library.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

/** True when `body` (the bytes as they arrived) was signed with `secret` (whsec_...) at most `tolerance` seconds ago. */
export function verify(secret: string, headers: Record<string, string | undefined>, body: Buffer, now = Date.now() / 1000, tolerance = 300): boolean {
  const id = headers["webhook-id"] ?? "";
  const sentAt = headers["webhook-timestamp"] ?? "";
  if (id === "" || !/^[0-9]{1,12}$/.test(sentAt)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const ours = createHmac("sha256", key).update(`${id}.${sentAt}.`).update(body).digest();
  const theirs = (headers["webhook-signature"] ?? "").split(" ").filter((one) => one.startsWith("v1,"));
  // While a secret is being replaced there are two signatures; one that fits is enough.
  const fits = theirs.map((one) => Buffer.from(one.slice(3), "base64")).some((one) => one.length === ours.length && timingSafeEqual(one, ours));
  const fresh = Math.abs(now - Number(sentAt)) <= tolerance;
  return fits && fresh;
}

if (process.argv.length === 7) {
  const [secret, id, sentAt, signature, now] = process.argv.slice(2);
  const sent = { "webhook-id": id, "webhook-timestamp": sentAt, "webhook-signature": signature };
  process.exit(verify(secret, sent, readFileSync(0), Number(now)) ? 0 : 1);
}
