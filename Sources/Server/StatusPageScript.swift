extension StatusPage {
    /// Builds every element by `textContent`, so that no name or error text can become markup.
    static let views = #"""
        "use strict";
        const period = 2000;
        const byId = (id) => document.getElementById(id);
        const views = new Map();
        // Documents of the last seconds: rates are means over them, so that slow loads do not
        // flicker.
        const rateSeconds = 20;
        let history = [];
        // The last second of the charts that is here.
        let drawnTo = 0;
        let answeredAt = Date.now();
        // Of a window the greatest time itself is not known, only what no time exceeds.
        const windows = [["Last minute", (times) => times.last_minute, "at most"],
          ["Last ten minutes", (times) => times.last_ten_minutes, "at most"],
          ["Since the start", (times) => times, "max"]];

        function element(tag, options = {}, ...children) {
          const { text, ...attributes } = options;
          const node = document.createElement(tag);
          for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
          if (text !== undefined) node.textContent = text;
          node.append(...children);
          return node;
        }
        function put(node, text) { if (node.textContent !== text) node.textContent = text; }

        function count(n) { return n.toLocaleString("en").replaceAll(",", "\u202f"); }
        function rate(r) {
          if (r === null || !Number.isFinite(r)) return "–";
          const digits = r === 0 || r >= 100 ? 0 : r >= 10 ? 1 : r >= 0.1 ? 2 : 4;
          return Number(r.toFixed(digits)).toLocaleString("en").replaceAll(",", "\u202f") + "/s";
        }
        function seconds(s) {
          if (s === null) return "–";
          const [value, unit] = s >= 1 ? [s, "s"] : s >= 1e-3 ? [s * 1e3, "ms"] : [s * 1e6, "µs"];
          return `${Number(value.toPrecision(3))}\u202f${unit}`;
        }
        function percent(part, whole) {
          if (whole === 0) return "–";
          const share = 100 * part / whole;
          // Never rounded to a 100 % that is not true.
          if (part < whole && share > 99.99) return "< 100 %";
          return `${Number(share.toFixed(2))}\u202f%`;
        }
        function duration(s) {
          const [d, h, m] = [s / 86400, s / 3600 % 24, s / 60 % 60].map(Math.floor);
          if (d > 0) return `${d} d ${h} h`;
          if (h > 0) return `${h} h ${m} min`;
          return m > 0 ? `${m} min ${Math.floor(s % 60)} s` : `${Math.floor(s)} s`;
        }

        function table(caption, heads) {
          const row = element("tr");
          heads.forEach((head, i) =>
            row.append(element("th", { scope: "col", text: head, class: i ? "number" : "" })));
          const body = element("tbody");
          const node = element("table", {}, element("caption", { text: caption }),
            element("thead", {}, row), body);
          return { node: element("div", { class: "scroll" }, node), body };
        }
        function row(name, cells) {
          return element("tr", {}, element("th", { scope: "row", text: name }),
            ...cells.map((text) => element("td", { class: "number", text })));
        }

        function makeView(load, index) {
          const heading = element("h2", { id: `load-${index}`, text: load.name });
          const state = element("span", { class: "state" });
          const failing = element("span", { class: "state failing", text: "failing" });
          failing.hidden = true;
          const drawn = charts.makeView();
          const about = element("p", { class: "about" });
          const how = element("p", { class: "about" });
          const figures = element("dl", { class: "figures" });
          const cells = {};
          for (const label of ["Intended rate", "Actual rate", "Sent", "OK of intended", "Dropped",
            "In flight", "Backlog", "Connections"]) {
            const value = cells[label] = element("dd", { text: "–" });
            figures.append(element("div", {}, element("dt", { text: label }), value));
          }
          const times = windows.map(([name, , most]) =>
            table(name, ["", "p50", "p90", "p99", most]));
          const outcomes = table("Outcomes", ["", "requests", "of intended"]);
          const drops = table("Dropped, never sent", ["", "requests", "of intended"]);
          const node = element("section", { class: "load", "aria-labelledby": heading.id },
            element("div", { class: "title" }, heading, state, failing), about, how, figures,
            drawn.node,
            element("div", { class: "tables" }, ...times.map((one) => one.node), outcomes.node,
              drops.node));
          return { node, state, failing, about, how, cells, drawn, times, outcomes, drops };
        }

        // Decided is intended less what waits or is under way: shares are of this, so that drops
        // count.
        function sums(load) {
          const ended = load.outcomes.reduce((sum, o) => sum + o.count, 0);
          const ok = load.outcomes.find((o) => o.name === "ok")?.count ?? 0;
          const dropped = Object.values(load.dropped).reduce((sum, n) => sum + n, 0);
          return { ok, dropped, decided: ended + dropped };
        }

        function update(view, load, earlier, elapsed) {
          const { cells } = view;
          put(view.state, load.state);
          view.state.classList.toggle("running", load.state === "running");
          put(view.about, load.target);
          put(view.how, `${load.transport} transport (${load.transport_reason}) · pacing ` +
            `${load.pacing} · ${load.workers} ${load.workers === 1 ? "worker" : "workers"} · ` +
            `requests end by ${load.end_clock}`);
          const { ok, dropped, decided } = sums(load);
          const before = earlier ? sums(earlier) : { ok: 0, decided: 0 };
          view.failing.hidden = !earlier || ok - before.ok >= 0.99 * (decided - before.decided);
          const since = (now, then) => earlier ? (now - then) / elapsed : null;
          put(cells["Intended rate"], load.intended_rate === null ? "max"
            : rate(since(load.intended, earlier?.intended) ?? load.intended_rate));
          put(cells["Actual rate"], rate(since(load.sent, earlier?.sent)));
          put(cells["Sent"], count(load.sent));
          put(cells["OK of intended"], percent(ok, decided));
          cells["OK of intended"].className = decided === 0 ? ""
            : ok === decided ? "good" : ok < 0.99 * decided ? "bad" : "";
          put(cells["Dropped"], count(dropped));
          cells["Dropped"].className = dropped > 0 ? "bad" : "";
          put(cells["In flight"], count(load.in_flight));
          put(cells["Backlog"], count(load.backlog));
          const { connecting, idle, active } = load.connections;
          put(cells["Connections"], count(connecting + idle + active));
          showTimes(view, load);
          showOutcomes(view, load, decided);
          const reasons = Object.entries(load.dropped).filter(([, n]) => n > 0);
          view.drops.node.hidden = reasons.length === 0;
          view.drops.body.replaceChildren(
            ...reasons.map(([name, n]) => row(name, [count(n), percent(n, decided)])));
        }

        function showTimes(view, load) {
          const rows = [["Response", load.response_time_seconds],
            ["Service", load.service_time_seconds], ["Start delay", load.start_delay_seconds]];
          windows.forEach(([, pick], i) => view.times[i].body.replaceChildren(
            ...rows.map(([name, times]) => {
              const q = pick(times);
              return row(name, [q.p50, q.p90, q.p99, q.max].map(seconds));
            })));
        }

        function showOutcomes(view, load, decided) {
          const rows = [];
          for (const outcome of load.outcomes) {
            if (outcome.count === 0 && outcome.name !== "ok") continue;
            rows.push(row(outcome.name, [count(outcome.count), percent(outcome.count, decided)]));
            if (outcome.last_error === null) continue;
            const age = outcome.last_error_age_seconds;
            const when = age === null ? "" : ` (${duration(age)} ago)`;
            rows.push(element("tr", {}, element("td",
              { class: "error", colspan: "3", text: outcome.last_error + when })));
          }
          view.outcomes.body.replaceChildren(...rows);
        }

        """#
}
