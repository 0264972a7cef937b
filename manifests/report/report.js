"use strict";
// Sliders of thresholds: each position has its count of documents, which winnow has counted.
const counted = JSON.parse(document.getElementById("positions").textContent);
const numbers = new Intl.NumberFormat("en");

function show(slider) {
  const control = counted[Number(slider.dataset.control)];
  const place = Number(slider.value);
  const [at, kept] = control.positions[place];
  const figure = slider.closest("figure");
  const difference = kept - control.positions[control.place][1];
  const sign = difference > 0 ? "+" : "";
  const compared = difference ? ` (${sign}${numbers.format(difference)})` : "";
  figure.querySelector(".at").textContent = at;
  figure.querySelector(".kept").textContent = numbers.format(kept) + compared;
  slider.setAttribute("aria-valuetext", `${at}: ${numbers.format(kept)} documents kept${compared}`);

  // The threshold lies behind so many bars; what is on its wrong side is dropped.
  const bars = figure.querySelectorAll(".bar");
  const behind = control.keepsSmall ? place + 1 : place;
  bars.forEach((bar, i) => {
    bar.classList.toggle("out", control.keepsSmall ? i >= behind : i < behind);
  });
  const x = String((1000 * behind) / bars.length);
  figure.querySelector(".moved").setAttribute("x1", x);
  figure.querySelector(".moved").setAttribute("x2", x);
}

// A slider begins and ends below its first and last threshold; half of its knob hangs over.
function align(slider) {
  const control = counted[Number(slider.dataset.control)];
  const bars = control.positions.length;
  slider.style.width = `calc(${(100 * (bars - 1)) / bars}% + 1rem)`;
  slider.style.marginLeft = control.keepsSmall ? `calc(${100 / bars}% - .5rem)` : "-.5rem";
}

for (const slider of document.querySelectorAll("input[type=range]")) {
  align(slider);
  slider.addEventListener("input", () => show(slider));
  // A browser may remember where a slider was.
  show(slider);
}
for (const button of document.querySelectorAll("button.back")) {
  button.addEventListener("click", () => {
    const slider = button.closest("figure").querySelector("input");
    slider.value = slider.defaultValue;
    show(slider);
    slider.focus();
  });
}
