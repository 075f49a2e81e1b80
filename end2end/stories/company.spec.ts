// A management company is opened, a chair hands it the building, and takes it back.
import { expect, openBuilding, test, visit } from "../support";

test("a chair hands the building to a company, whose owner works in it until it is taken back", async ({ browse }) => {
  const here = await openBuilding();
  const elsewhere = await openBuilding();
  const [owner, chair] = [await browse(elsewhere.chair.session), await browse(here.chair.session)];

  await visit(owner, "/companies/open");
  await owner.getByRole("button", { name: "פתיחת החברה" }).click();
  await expect(owner.locator("#problems")).toContainText("כדאי להוסיף את שם החברה");
  await owner.getByLabel("שם החברה").fill("ניהול הצפון");
  await owner.getByRole("button", { name: "פתיחת החברה" }).click();
  await expect(owner.getByRole("heading", { level: 1, name: "ניהול הצפון" })).toBeVisible();
  const company = new URL(owner.url()).pathname;
  const code = company.split("/").at(-1) ?? "";

  await visit(chair, `/b/${here.slug}/committee`);
  await chair.getByRole("link", { name: /חברת ניהול/ }).click();
  await chair.getByLabel("קוד החברה").fill(code.toLowerCase());
  await chair.getByRole("button", { name: "מסירה לניהול" }).click();
  await expect(chair.getByText("ניהול הצפון")).toBeVisible();

  await visit(owner, company);
  await owner.locator("#buildings").getByRole("link").click();
  await expect(owner).toHaveURL(new RegExp(`/b/${here.slug}$`));
  await visit(owner, `/b/${here.slug}/committee/residents`);
  await expect(owner.getByRole("heading", { level: 1 }), "the committee's desk is open to the manager").toHaveText("דיירים");

  await chair.getByRole("button", { name: "סיום הניהול" }).click();
  await expect(chair.getByRole("button", { name: "מסירה לניהול" })).toBeVisible();
  await owner.goto(`/b/${here.slug}/committee/residents`);
  await expect(owner.getByRole("heading", { level: 1, name: "דיירים" }), "closed at once").toBeHidden();
});
