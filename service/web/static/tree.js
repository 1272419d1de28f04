"use strict";
// The chain tree: colour is the rating, a hollow ring means "not seen in a selective list" or "not observed".
document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("tree");
  const data = JSON.parse(document.getElementById("tree-data").textContent);
  const ROW = 26;
  box.style.height = Math.max(480, Number(box.dataset.leaves) * ROW + 40) + "px";
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();

  const styled = (node) => {
    const marks = (node.anchor ? " ◆" : "") + (node.bottleneck ? " ▲" : "");
    return {
      ...node,
      label: { formatter: node.id ? `${node.name} ${node.firms}${marks}` : node.name },
      symbol: "circle",
      symbolSize: node.children && node.children.length ? 11 : 9,
      itemStyle: { color: node.hollow ? "#fff" : node.colour || "#555", borderColor: node.colour || "#555", borderWidth: 2 },
      children: (node.children || []).map(styled),
    };
  };
  const chart = echarts.init(box, null, { renderer: "canvas" });
  chart.setOption({
    aria: { enabled: true },
    tooltip: {
      confine: true,
      formatter: (entry) => {
        const node = entry.data;
        if (!node.id) return echarts.format.encodeHTML(node.name);
        const lines = [node.name, `评级：${node.word}`, `有效企业 ${node.firms} 家，应有 ${node.expected} 家`];
        if (node.anchor) lines.push("有链主企业");
        if (node.bottleneck) lines.push(`卡脖子：${node.bottleneck}`);
        return lines.map((line) => echarts.format.encodeHTML(line)).join("<br>");
      },
      extraCssText: "max-width:320px;white-space:normal",
    },
    series: [{
      type: "tree", data: [styled(data)], orient: "LR", left: 90, right: 190, top: 10, bottom: 10,
      initialTreeDepth: -1, expandAndCollapse: false, animation: false, roam: false,
      lineStyle: { color: "#b8c0c8", width: 1.2, curveness: 0.5 },
      label: { position: "left", align: "right", verticalAlign: "middle", fontSize: 13, color: ink, distance: 7, backgroundColor: "rgba(255,255,255,.85)", padding: [1, 2] },
      leaves: { label: { position: "right", align: "left" } },
      emphasis: { focus: "ancestor" },
    }],
  });
  const open = (id) => {
    htmx.ajax("GET", `/chain/panel?${box.dataset.query}&node=${encodeURIComponent(id)}`, "#panel");
    const address = new URL(location.href);
    address.searchParams.set("node", id);
    history.replaceState(null, "", address);
  };
  chart.on("click", (entry) => { if (entry.data && entry.data.id) open(entry.data.id); });
  if (box.dataset.node) open(box.dataset.node);
  new ResizeObserver(() => chart.resize()).observe(box);
});
