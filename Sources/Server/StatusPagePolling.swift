extension StatusPage {
    /// How the page keeps up with the instance.
    static let polling = #"""
        // From four loads on, a line for each.
        const overview = table(
          "Loads: rate now, OK and dropped since the start, p99 of the last minute",
          ["", "rate", "OK", "dropped", "p99"]);
        overview.node.id = "overview";
        function showOverview(loads) {
          overview.node.hidden = loads.length < 4;
          if (overview.node.hidden) return;
          overview.body.replaceChildren(...loads.map((load, index) => {
            const { ok, dropped, decided } = sums(load);
            const line = row("", [views.get(load.name).cells["Actual rate"].textContent,
              percent(ok, decided), count(dropped),
              seconds(load.response_time_seconds.last_minute.p99)]);
            line.firstChild.append(
              element("a", { href: `#load-${index}`, text: load.name }));
            if (!views.get(load.name).failing.hidden) {
              const badge = element("span", { class: "state failing", text: "failing" });
              line.firstChild.append(" ", badge);
            }
            return line;
          }));
        }

        async function drawCharts() {
          const answer = await fetch(`/api/v1/history?after=${drawnTo}`,
            { signal: AbortSignal.timeout(5000) });
          if (!answer.ok) throw new Error(`status ${answer.status}`);
          for (const load of (await answer.json()).loads) {
            const view = views.get(load.name);
            if (!view || load.points.length === 0) continue;
            charts.add(view.drawn, load.points);
            drawnTo = Math.max(drawnTo, load.points.at(-1)[0]);
          }
        }

        function show(status) {
          put(byId("version"), status.version);
          const limit = status.cpu_limit_cores;
          put(byId("summary"), `Up ${duration(status.uptime_seconds)} · ` +
            `${status.ready ? "ready" : "not ready"} · ` +
            `${status.workers} ${status.workers === 1 ? "worker" : "workers"}` +
            (limit === null ? "" : ` · CPU limit ${limit}`));
          showDemo(status.demo);
          const banner = byId("degraded");
          banner.hidden = status.degraded.length === 0;
          const reasons = status.degraded.join("\n");
          if (banner.dataset.reasons !== reasons) {
            banner.dataset.reasons = reasons;
            banner.replaceChildren(
              element("strong", { text: "Degraded: these numbers are suspect." }),
              element("ul", {}, ...status.degraded.map((text) => element("li", { text }))));
          }
          // An uptime that went back is another process.
          if (history.some((old) => old.uptime_seconds >= status.uptime_seconds)) startAnew();
          history = history.filter((old) => old.uptime_seconds < status.uptime_seconds
            && old.uptime_seconds >= status.uptime_seconds - rateSeconds);
          const before = history[0];
          const elapsed = before ? status.uptime_seconds - before.uptime_seconds : 0;
          const names = new Set(status.loads.map((load) => load.name));
          for (const [name, view] of views) {
            if (!names.has(name)) { view.node.remove(); views.delete(name); }
          }
          status.loads.forEach((load, index) => {
            if (!views.has(load.name)) {
              views.set(load.name, makeView(load, index));
              byId("loads").append(views.get(load.name).node);
            }
            const earlier = before?.loads.find((old) => old.name === load.name);
            update(views.get(load.name), load, earlier, elapsed);
          });
          showOverview(status.loads);
          history.push(status);
        }

        // What the buttons of a demo ask its target for.
        const wishes = [["Slow", "median=80ms&p99=400ms"], ["Break", "error_ratio=20%25"],
          ["Stall 2 s", "stall=2s"], ["Mend", "median=8ms&p99=60ms&error_ratio=1%25"]];
        function showDemo(isDemo) {
          const bar = byId("demo");
          bar.hidden = !isDemo;
          if (!isDemo || bar.childElementCount > 0) return;
          bar.append(element("span", { text: "The target:" }), ...wishes.map(([name, query]) => {
            const button = element("button", { type: "button", text: name });
            button.addEventListener("click",
              () => fetch(`/demo/behaviour?${query}`, { method: "POST" }));
            return button;
          }));
        }

        function startAnew() {
          drawnTo = 0;
          history = [];
          for (const view of views.values()) view.node.remove();
          views.clear();
        }

        async function poll() {
          const lost = byId("lost");
          try {
            const answer = await fetch("/api/v1/status", { signal: AbortSignal.timeout(5000) });
            if (!answer.ok) throw new Error(`status ${answer.status}`);
            show(await answer.json());
            await drawCharts();
            answeredAt = Date.now();
            lost.hidden = true;
          } catch (error) {
            const age = duration((Date.now() - answeredAt) / 1000);
            lost.textContent = `No answer for ${age} (${error.message}): what is below is old.`;
            lost.hidden = false;
          }
          setTimeout(poll, period);
        }
        addEventListener("resize", () => {
          for (const view of views.values()) charts.redraw(view.drawn);
        });
        byId("loads").before(overview.node);
        overview.node.hidden = true;
        poll();

        """#
}
