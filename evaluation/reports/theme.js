// The page itself: light and dark by a switch, and folded parts opened for printing.
"use strict";

const byId = (id) => document.getElementById(id);
function theme() {
  const button = byId("theme");
  const asked = matchMedia("(prefers-color-scheme: dark)");
  const rules = [...document.styleSheets[0].cssRules].filter((rule) => rule.media?.mediaText.includes("color-scheme"));
  const kept = rules.map((rule) => rule.media.mediaText);
  let chosen = null;
  try {
    chosen = localStorage.getItem("lfine-theme");
  } catch {} // a page in a sandbox keeps nothing
  const show = () => {
    const dark = chosen ? chosen === "dark" : asked.matches;
    rules.forEach((rule, place) => (rule.media.mediaText = !chosen ? kept[place] : dark ? "screen" : "not all"));
    document.documentElement.style.colorScheme = chosen ?? "";
    button.textContent = dark ? "light" : "dark";
    button.setAttribute("aria-label", `show this page ${dark ? "light" : "dark"}`);
  };
  button.addEventListener("click", () => {
    chosen = button.textContent;
    try {
      localStorage.setItem("lfine-theme", chosen);
    } catch {}
    show();
  });
  asked.addEventListener("change", show);
  button.hidden = false;
  show();
}

function folded() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((each) => (each.open = true));
  });
  addEventListener("afterprint", () => opened.forEach((each) => (each.open = false)));
}

theme();
folded();
