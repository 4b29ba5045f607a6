/* The workspace's scripts: a live preview beside Markdown, one tick for a whole page, numbers
   that renew themselves, and a word before typed text is left behind. */
"use strict";

for (const box of document.querySelectorAll("[data-preview]")) {
  const source = document.getElementById(box.dataset.source);
  const shown = box.querySelector("[data-shown]");
  const token = source.form.elements.csrf_token.value;
  let timer = 0;
  let asked = 0;
  const renew = async () => {
    const turn = ++asked;
    const answer = await fetch(box.dataset.preview, {
      method: "POST",
      headers: { "X-CSRFToken": token },
      body: new URLSearchParams({ text: source.value }),
      redirect: "error",
    }).catch(() => null);
    // an older answer, a lost network or an ended session leave what is shown as it is
    if (answer && answer.ok && turn === asked) shown.innerHTML = await answer.text();
  };
  source.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(renew, 250);
  });
  box.querySelector("button[name=preview]").hidden = true;
}

for (const all of document.querySelectorAll("[data-tick-all]")) {
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const one of all.form.elements[all.dataset.tickAll] instanceof RadioNodeList
      ? all.form.elements[all.dataset.tickAll]
      : [all.form.elements[all.dataset.tickAll]]) one.checked = all.checked;
  });
}

for (const figures of document.querySelectorAll("[data-renew]")) {
  const renew = async () => {
    const answer = await fetch(location.href).catch(() => null);
    if (answer && answer.ok && !answer.redirected) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(figures.id);
      if (!fresh || fresh.dataset.state !== figures.dataset.state) return location.reload();
      figures.replaceChildren(...fresh.childNodes);
    }
    return setTimeout(renew, Number(figures.dataset.renew));
  };
  setTimeout(renew, Number(figures.dataset.renew));
}

/* What was typed and not saved is not left by a slip of the finger. */
for (const form of document.querySelectorAll("form.wide")) {
  let dirty = false;
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
}
