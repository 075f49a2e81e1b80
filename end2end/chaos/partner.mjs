// A partner as its maker opens it on the desk, and as committees let it in.

/** A partner that somebody who is signed in opens; with what makes it a key of a scope, and lets it into a building. */
export async function openPartner(person) {
  const opened = await person.send("/call/gateway/open", { name: "מגן ביטוח", kind: "insurer" });
  const code = new URL(opened.location).pathname.split("/").at(-1);
  let made = 0;
  const key = async (scope) => {
    await person.get(`/partners/${code}`);
    const shown = await person.send("/call/gateway/add_key", { partner: code, key_name: `key ${(made += 1)}`, scope });
    const key = (await person.get(shown.location)).body.match(/vk_[A-Za-z0-9_-]{43}/)?.[0];
    if (!key) throw new Error("no key was shown");
    return key;
  };
  const letIn = async ({ slug, chair }, type) => {
    await chair.get(`/b/${slug}/committee/access`);
    const granted = await chair.send("/call/gateway/grant", { building: slug, code, "event_types[0]": type });
    if (granted.status !== 303) throw new Error(`the partner was not let in: ${granted.status}`);
  };
  return { code, key, letIn };
}
