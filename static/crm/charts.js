// Draws the charts of a page from the JSON beside them, in the colours of the page, and follows it into the dark.
"use strict";

const LIGHT = ["#3f51c7", "#d9822b", "#12805a", "#b8437a", "#2d95d3", "#8a6d1c", "#6a7280"];
const DARK = ["#8f9dff", "#f0a65a", "#4fc796", "#ec86b4", "#6fc1f2", "#d0b35a", "#a5aebd"];
const dark = matchMedia("(prefers-color-scheme: dark)");

function ink() {
  const probe = (name) => {
    const element = document.createElement("span");
    element.style.color = `var(--${name})`;
    document.body.append(element);
    const colour = getComputedStyle(element).color;
    element.remove();
    return colour;
  };
  return { strong: probe("ink"), soft: probe("ink-soft"), line: probe("line"), surface: probe("surface") };
}

function axis(given, colours, numbers) {
  const one = (part) => ({
    ...part,
    axisLine: { lineStyle: { color: colours.line }, ...part.axisLine },
    splitLine: { show: part.type === "value", lineStyle: { color: colours.line } },
    axisTick: { show: false },
    axisLabel: { color: colours.soft, hideOverlap: true, ...(part.type === "value" && { formatter: numbers }), ...part.axisLabel },
  });
  return Array.isArray(given) ? given.map(one) : given && one(given);
}

const labelled = (colours) => (series) => ({
  ...series,
  label: { color: series.label?.position === "inside" ? colours.surface : colours.strong, textBorderWidth: 0, ...series.label },
  ...(["funnel", "pie"].includes(series.type) && { itemStyle: { borderColor: colours.surface, ...series.itemStyle } }),
});

function dressed({ numbers: style, ...option }) {
  const colours = ink();
  const format = new Intl.NumberFormat(document.documentElement.lang, style || { maximumFractionDigits: 1 });
  const numbers = (value) => (value === null || value === undefined ? "—" : format.format(value));
  return {
    color: dark.matches ? DARK : LIGHT,
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colours.soft },
    grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
    ...option,
    series: [option.series].flat().map(labelled(colours)),
    legend: { show: Boolean(option.legend), top: 0, left: 0, textStyle: { color: colours.soft }, itemWidth: 12, itemHeight: 8, ...option.legend },
    tooltip: {
      trigger: option.xAxis || option.yAxis ? "axis" : "item",
      renderMode: "richText",
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.strong },
      valueFormatter: numbers,
      ...option.tooltip,
    },
    xAxis: axis(option.xAxis, colours, numbers),
    yAxis: axis(option.yAxis, colours, numbers),
  };
}

function draw(box) {
  const option = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: "svg" });
  chart.setOption(dressed(option), true);
  chart.off("click");
  chart.on("click", ({ data }) => data?.url?.startsWith("/") && location.assign(data.url));
  return chart;
}

for (const box of document.querySelectorAll("[data-chart]")) {
  const chart = draw(box);
  new ResizeObserver(() => chart.resize()).observe(box);
}
dark.addEventListener("change", () => document.querySelectorAll("[data-chart]").forEach(draw));
