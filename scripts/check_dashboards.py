"""Checks every dashboard in grafana/ as Grafana's dashboard-linter would, and parses its PromQL with promtool.

Each rule is first tried on a sample that breaks it. No network and no Grafana are needed.
"""

import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNITS = {"Bps", "bytes", "cps", "none", "percentunit", "reqps", "s", "short"}
SOURCE = "${datasource}"
# A metric of ours with its label matchers, if it has any.
SELECTOR = re.compile(r"\b((?:ballast|process)_[a-z0-9_]+)(\{[^}]*\})?")
RANGED = re.compile(r"\b(rate|irate|increase|changes|delta|deriv)\(\s*([a-z0-9_]+)\{[^}]*\}\[([^\]]+)\]")
COUNTER = re.compile(r"_(total|bucket|count|sum)$")


def panels_of(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def data_panels(dashboard):
    return [p for p in panels_of(dashboard) if p["type"] not in ("row", "text")]


def expressions(dashboard):
    """Every expression of a panel, with a name to report it by."""
    for panel in data_panels(dashboard):
        for target in panel.get("targets", []):
            yield f"panel '{panel.get('title')}' {target.get('refId')}", target.get("expr", "")


def variable(dashboard, name):
    return next((v for v in dashboard["templating"]["list"] if v["name"] == name), {})


def variable_faults(dashboard):
    source = variable(dashboard, "datasource")
    if source.get("query") != "prometheus" or source.get("label") != "Data source":
        yield "template-datasource: needs the variable datasource, labelled Data source"
    for name, label in [("job", "Job"), ("instance", "Instance"), ("load", "Load")]:
        found = variable(dashboard, name)
        if found.get("type") != "query" or found.get("datasource", {}).get("uid") != SOURCE:
            yield f"template-{name}: needs the query variable {name} on {SOURCE}"
        if found.get("label") != label or not found.get("multi") or found.get("allValue") != ".+":
            yield f"template-{name}: needs the label {label}, multi, and the all value .+"
        query = found.get("query", {}).get("query", "")
        if not re.fullmatch(r"label_values\([^()]+, [a-z]+\)", query):
            yield f"template-label-promql: {name} needs label_values(selector, label)"
        if found.get("refresh") != 2:
            yield f"template-on-time-change-reload: {name} needs refresh 2"


def panel_faults(dashboard):
    for panel in data_panels(dashboard):
        name = f"panel '{panel.get('title')}'"
        uses = [panel.get("datasource", {})] + [t.get("datasource", {}) for t in panel["targets"]]
        if any(use.get("uid") != SOURCE for use in uses):
            yield f"panel-datasource: {name} must use {SOURCE}"
        if not panel.get("title") or not panel.get("description"):
            yield f"panel-title-description: {name} needs both"
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        if defaults.get("unit") not in UNITS:
            yield f"panel-units: {name} needs a known unit"
        if not panel.get("targets"):
            yield f"panel-no-targets: {name} shows nothing"
        refs = [t.get("refId") for t in panel["targets"]]
        if len(set(refs)) != len(refs) or None in refs:
            yield f"panel-refs: {name} needs a refId of its own for each target"


def expression_faults(dashboard):
    for name, text in expressions(dashboard):
        for metric, matchers in SELECTOR.findall(text):
            for label in ("job", "instance"):
                if f'{label}=~"${label}"' not in matchers:
                    yield f'target-{label}: {name}: {metric} needs {label}=~"${label}"'
        ranged = RANGED.findall(text)
        for function, metric, window in ranged:
            if window != "$__rate_interval":
                yield f"target-rate-interval: {name}: {function}({metric}) needs [$__rate_interval]"
        inside = [metric for _, metric, _ in ranged]
        for metric, _ in SELECTOR.findall(text):
            if COUNTER.search(metric) and metric not in inside:
                yield f"target-counter-agg: {name}: {metric} needs rate or increase"


def layout_faults(dashboard):
    if dashboard.get("editable") is not False:
        yield "uneditable: needs editable: false"
    if not dashboard.get("uid") or dashboard.get("id") is not None or "__inputs" in dashboard:
        yield "model: needs a uid, id null and no __inputs"
    ids = [p.get("id") for p in panels_of(dashboard)]
    if len(set(ids)) != len(ids):
        yield "ids: two panels share one"
    taken = {}
    for panel in panels_of(dashboard):
        grid = panel["gridPos"]
        if grid["x"] + grid["w"] > 24:
            yield f"grid: panel '{panel.get('title')}' is wider than the page"
        for x in range(grid["x"], grid["x"] + grid["w"]):
            for y in range(grid["y"], grid["y"] + grid["h"]):
                other = taken.setdefault((x, y), panel.get("id"))
                if other != panel.get("id"):
                    yield f"grid: panel '{panel.get('title')}' overlaps another"
                    break


def promql_faults(dashboard):
    """target-promql: each expression as a recording rule, with Grafana's variables filled in."""
    rules, names = [], []
    annotations = dashboard["annotations"]["list"]
    extra = [(f"annotation '{a['name']}'", a["expr"]) for a in annotations if "expr" in a]
    for name, text in list(expressions(dashboard)) + extra:
        for key, value in [("$__rate_interval", "1m"), ("$__interval", "15s"), ("$__range", "1h")]:
            text = text.replace(key, value)
        text = re.sub(r"\$(job|instance|load)\b", ".+", text)
        rules.append({"record": f"check:{len(rules)}", "expr": text})
        names.append(name)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump({"groups": [{"name": "panels", "rules": rules}]}, file)
        file.flush()
        command = ["promtool", "check", "rules", "--lint=none", file.name]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        for number, message in re.findall(r'"check:(\d+)".*?(could not parse.*)', result.stderr):
            yield f"target-promql: {names[int(number)]}: {message}"
        if "check:" not in result.stderr:
            yield f"target-promql: {result.stderr}"


RULES = [variable_faults, panel_faults, expression_faults, layout_faults, promql_faults]


def faults_of(dashboard):
    return [fault for rule in RULES for fault in rule(dashboard)]


def broken_samples(good):
    """A way to break each rule, by the word with which its fault starts."""

    def with_panel(change):
        def apply(dashboard):
            change(next(p for p in dashboard["panels"] if p["type"] == "timeseries"))

        return apply

    def with_target(expr):
        return with_panel(lambda p: p["targets"][0].update(expr=expr))

    both = 'job=~"$job", instance=~"$instance"'
    samples = {
        "template-datasource": lambda d: variable(d, "datasource").update(query="loki"),
        "template-job": lambda d: variable(d, "job").update(allValue=".*"),
        "template-instance": lambda d: variable(d, "instance").update(multi=False),
        "template-load": lambda d: variable(d, "load").update(label="load"),
        "template-label-promql": lambda d: variable(d, "job")["query"].update(query="up"),
        "template-on-time-change-reload": lambda d: variable(d, "job").update(refresh=1),
        "panel-datasource": with_panel(lambda p: p["datasource"].update(uid="P1")),
        "panel-title-description": with_panel(lambda p: p.update(description="")),
        "panel-units": with_panel(lambda p: p["fieldConfig"]["defaults"].update(unit="ms?")),
        "panel-no-targets": with_panel(lambda p: p.update(targets=[])),
        "panel-refs": with_panel(lambda p: p["targets"].append(p["targets"][0])),
        "target-job": with_target('ballast_requests_backlog{instance=~"$instance"}'),
        "target-instance": with_target("ballast_requests_backlog"),
        "target-rate-interval": with_target(f"rate(ballast_requests_sent_total{{{both}}}[5m])"),
        "target-counter-agg": with_target(f"sum(ballast_requests_sent_total{{{both}}})"),
        "target-promql": with_target("sum(1"),
        "uneditable": lambda d: d.update(editable=True),
        "model": lambda d: d.update(id=7),
        "ids": lambda d: d["panels"][1].update(id=d["panels"][0]["id"]),
        "grid": with_panel(lambda p: p["gridPos"].update(y=0)),
    }
    for word, change in samples.items():
        sample = copy.deepcopy(good)
        change(sample)
        yield word, sample


def main():
    paths = sorted((ROOT / "grafana").glob("*.json"))
    faults = [] if paths else ["grafana/ holds no dashboard"]
    for path in paths:
        dashboard = json.loads(path.read_text())
        found = faults_of(dashboard)
        faults += [f"{path.name}: {fault}" for fault in found]
        for word, sample in broken_samples(dashboard):
            if not any(fault.startswith(word + ":") for fault in faults_of(sample)):
                faults.append(f"{path.name}: the check {word} does not see a sample that breaks it")
        count = len(list(expressions(dashboard)))
        print(f"{path.name}: {len(data_panels(dashboard))} panels, {count} expressions")
    print("\n".join(faults) or "dashboards: all rules hold")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
