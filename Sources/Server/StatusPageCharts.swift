extension StatusPage {
    /// Draws what `/api/v1/history` says as inline SVG. Nothing here is markup made of text.
    static let charts = #"""
        "use strict";
        const charts = (() => {
          const space = "http://www.w3.org/2000/svg";
          // In pixels; as wide as there is room.
          const size = { height: 150, left: 52, right: 8, top: 10, bottom: 20 };
          const shown = 600;
          const columns = ["second", "intended", "sent", "ok", "failed", "dropped",
            "response_p50_us", "response_p99_us", "service_p50_us", "service_p99_us"];
          const at = Object.fromEntries(columns.map((name, i) => [name, i]));

          function svg(tag, attributes = {}, ...children) {
            const node = document.createElementNS(space, tag);
            for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
            node.append(...children);
            return node;
          }

          // The kinds of charts: what is drawn of each point, and under which name.
          const kinds = [
            { title: "Requests per second", unit: (n) => plain(n), lines: [
              { name: "intended", color: "intended", value: (p) => p[at.intended] },
              { name: "sent", color: "sent", value: (p) => p[at.sent] }] },
            { title: "Response and service time", isLog: true, unit: (us) => short(us), lines: [
              { name: "response p99", color: "response", value: (p) => p[at.response_p99_us] },
              { name: "service p99", color: "service", value: (p) => p[at.service_p99_us] },
              { name: "response p50", color: "response thin",
                value: (p) => p[at.response_p50_us] },
              { name: "service p50", color: "service thin",
                value: (p) => p[at.service_p50_us] }] },
            { title: "Failed and dropped per second", hidesZero: true, unit: (n) => plain(n),
              lines: [
                { name: "failed", color: "failed", value: (p) => p[at.failed] },
                { name: "dropped", color: "dropped", value: (p) => p[at.dropped] }] }];

          function plain(n) {
            if (n >= 10000) return `${Number((n / 1000).toPrecision(3))}k`;
            return `${n >= 100 ? Math.round(n) : Number(n.toPrecision(3))}`;
          }
          function short(us) {
            const [value, unit] = us >= 1e6 ? [us / 1e6, "s"] : us >= 1e3 ? [us / 1e3, "ms"]
              : [us, "µs"];
            return `${Number(value.toPrecision(3))} ${unit}`;
          }

          function makeChart(kind) {
            const plot = svg("g");
            const picture = svg("svg", { height: size.height, role: "img",
              "aria-label": kind.title }, plot);
            const legend = document.createElement("p");
            legend.className = "legend";
            const now = kind.lines.map((line) => {
              const mark = document.createElement("span");
              mark.className = `mark ${line.color}`;
              const text = document.createElement("span");
              const entry = document.createElement("span");
              entry.append(mark, text);
              legend.append(entry);
              return text;
            });
            const caption = document.createElement("figcaption");
            caption.textContent = kind.title;
            const node = document.createElement("figure");
            node.append(caption, legend, picture);
            return { node, kind, plot, now };
          }

          // A scale from nothing, or from one decade to another.
          function scale(kind, points) {
            const values = points.flatMap((p) => kind.lines.map((line) => line.value(p)))
              .filter((v) => v !== null && (!kind.isLog || v > 0));
            const inner = size.height - size.top - size.bottom;
            const greatest = values.reduce((a, b) => Math.max(a, b), 0);
            if (!kind.isLog) {
              const top = nice(greatest);
              return { y: (v) => size.top + inner * (1 - v / top), ticks: [0, top / 2, top] };
            }
            const least = values.reduce((a, b) => Math.min(a, b), Infinity);
            const low = Math.floor(Math.log10(Number.isFinite(least) ? least : 100));
            const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(greatest, 1000))));
            const ticks = [];
            for (let e = low; e <= high; e += 1) ticks.push(10 ** e);
            return { ticks, y: (v) =>
              size.top + inner * (1 - (Math.log10(Math.max(v, 10 ** low)) - low) / (high - low)) };
          }
          function nice(n) {
            const step = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
            return [1, 2, 5, 10].map((f) => f * step).find((top) => top >= n) ?? 10 * step;
          }

          function draw(chart, points) {
            const { kind, plot, node } = chart;
            const last = points.at(-1);
            kind.lines.forEach((line, i) => {
              const value = last ? line.value(last) : null;
              chart.now[i].textContent =
                `${line.name} ${value === null || value === undefined ? "–" : kind.unit(value)}`;
            });
            const isQuiet = kind.hidesZero === true
              && points.every((p) => kind.lines.every((line) => line.value(p) === 0));
            node.classList.toggle("quiet", isQuiet);
            if (isQuiet) return;
            const width = node.clientWidth;
            const { y, ticks } = scale(kind, points);
            const end = last ? last[at.second] : 0;
            const span = Math.max(60, Math.min(shown, end - (points[0]?.[at.second] ?? end)));
            const inner = width - size.left - size.right;
            const x = (second) => size.left + inner * (1 - (end - second) / span);
            const marks = ticks.flatMap((v) => [
              svg("line", { class: "grid", x1: size.left, x2: width - size.right,
                y1: y(v), y2: y(v) }),
              label(size.left - 6, y(v) + 4, "end", kind.unit(v))]);
            const minutes = [0, span / 2, span].map((ago) =>
              label(x(end - ago), size.height - 4, ago === 0 ? "end" : ago === span ? "start"
                : "middle", ago === 0 ? "now" : `−${Math.round(ago / 6) / 10} min`));
            const lines = kind.lines.map((line) =>
              svg("path", { class: `line ${line.color}`, d: path(points, line, x, y) }));
            plot.replaceChildren(...marks, ...minutes, ...lines.reverse());
          }
          function label(x, y, anchor, text) {
            const node = svg("text", { x, y, "text-anchor": anchor });
            node.textContent = text;
            return node;
          }
          // A gap where nothing was measured.
          function path(points, line, x, y) {
            let d = "";
            let isDown = false;
            for (const point of points) {
              const value = line.value(point);
              if (value === null) { isDown = false; continue; }
              d += `${isDown ? "L" : "M"}${x(point[at.second]).toFixed(1)} ${y(value).toFixed(1)}`;
              isDown = true;
            }
            return d;
          }

          // The charts of one load, and its points.
          function makeView() {
            const all = kinds.map(makeChart);
            const node = document.createElement("div");
            node.className = "charts";
            node.append(...all.map((chart) => chart.node));
            return { node, all, points: [] };
          }
          function add(view, points) {
            // Counts of a point that comes late are those of all seconds since the one before.
            for (const point of points) {
              const before = view.points.at(-1)?.[at.second] ?? point[at.second] - 1;
              const seconds = Math.max(1, point[at.second] - before);
              view.points.push(point.map((value, column) =>
                column >= at.intended && column <= at.dropped ? value / seconds : value));
            }
            view.points = view.points.slice(-shown);
            redraw(view);
          }
          function redraw(view) { for (const chart of view.all) draw(chart, view.points); }
          return { makeView, add, redraw };
        })();

        """#
}
