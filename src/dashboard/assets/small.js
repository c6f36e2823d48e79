// Small things that a page can do without.

document.documentElement.classList.add("js");

// What a change has done is told once, and not again when the page is loaded again.
const address = new URL(location.href);
if (address.searchParams.has("done")) {
  for (const name of ["done", "count", "of"]) address.searchParams.delete(name);
  history.replaceState(null, "", address);
}

// On a narrow screen the views are a line to scroll: the one that is shown comes into sight.
const tabs = document.querySelector(".tabs");
const here = tabs?.querySelector("[aria-current]");
if (here) {
  const [line, tab] = [tabs, here].map((element) => element.getBoundingClientRect());
  tabs.scrollLeft += tab.left - line.left - (line.width - tab.width) / 2;
}

const boxesOf = (form) => [...form.querySelectorAll('input[type="checkbox"][name="id"]')];

document.addEventListener("change", ({ target }) => {
  const form = target.form;
  if (!form) return;
  const all = form.querySelector("[data-tick-all]");
  if (!all) return;
  if (target === all) for (const box of boxesOf(form)) box.checked = all.checked;
  const ticked = boxesOf(form).filter((box) => box.checked).length;
  all.checked = ticked > 0 && ticked === boxesOf(form).length;
  all.indeterminate = ticked > 0 && !all.checked;
});

// Nothing is sent twice by a second click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
