"""Renders the kustomizations and checks them: schemas of three Kubernetes versions, and the project's own rules.

Needs PyYAML, kubernetes-validate and kubectl beside this interpreter, as scripts/setup.sh installs them.
"""

import pathlib
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(sys.executable).parent
RENDERED = ["k8s/base", "k8s/overlays/example", "k8s/overlays/secret"]
PORT = "ballast-metrics"
WORKLOADS = ["Deployment", "StatefulSet", "DaemonSet"]
VERSIONS = ["1.29", "1.33", "1.37"]
PROBES = ["readinessProbe", "startupProbe"]


def render(folder):
    command = [BIN / "kubectl", "kustomize", ROOT / folder]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"{folder}: kubectl kustomize failed:\n{result.stderr}")
    return result.stdout


def schema_faults(folder, text):
    """What kubernetes-validate says, strictly: unknown fields are faults."""
    faults = []
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        for version in VERSIONS:
            command = [BIN / "kubernetes-validate", "--strict", "--quiet", "-k", version, file.name]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode:
                faults.append(f"{folder}: Kubernetes {version}: {result.stdout}{result.stderr}")
    return faults


def security_faults(name, container):
    """The four needs of the restricted Pod Security Standard, on the container itself, and ours."""
    context = container.get("securityContext", {})
    seccomp = context.get("seccompProfile", {}).get("type")
    rules = {
        "allowPrivilegeEscalation: false": context.get("allowPrivilegeEscalation") is False,
        "capabilities: drop [ALL]": context.get("capabilities", {}).get("drop") == ["ALL"],
        "runAsNonRoot: true": context.get("runAsNonRoot") is True,
        "seccompProfile: RuntimeDefault": seccomp in ("RuntimeDefault", "Localhost"),
        "readOnlyRootFilesystem: true": context.get("readOnlyRootFilesystem") is True,
        "a numeric runAsUser": isinstance(context.get("runAsUser"), int),
    }
    return [f"{name}: needs {rule}" for rule, holds in rules.items() if not holds]


def container_faults(name, container, sidecar):
    """What must hold for Ballast's container wherever it runs."""
    faults = security_faults(name, container)
    resources = container.get("resources", {})
    if not {"cpu", "memory"} <= set(resources.get("requests", {})):
        faults.append(f"{name}: needs requests for cpu and memory")
    memory = resources.get("requests", {}).get("memory")
    if memory is None or resources.get("limits", {}).get("memory") != memory:
        faults.append(f"{name}: its memory limit must equal its memory request")
    if {"name": PORT, "containerPort": 9909} not in container.get("ports", []):
        faults.append(f"{name}: needs the port 9909 named {PORT}")
    if container.get("livenessProbe", {}).get("httpGet", {}).get("path") != "/livez":
        faults.append(f"{name}: needs a livenessProbe on /livez")
    if sidecar:
        faults += [f"{name}: a sidecar has no {probe}" for probe in PROBES if probe in container]
        if container.get("restartPolicy") != "Always":
            faults.append(f"{name}: a native sidecar needs restartPolicy: Always")
    return faults


def pod_faults(name, pod, sidecar):
    kind = "initContainers" if sidecar else "containers"
    found = [c for c in pod.get(kind, []) if c["name"] == "ballast"]
    if len(found) != 1:
        return [f"{name}: expected one container ballast under {kind}, found {len(found)}"]
    faults = container_faults(name, found[0], sidecar)
    if pod.get("automountServiceAccountToken") is not False:
        faults.append(f"{name}: needs automountServiceAccountToken: false")
    return faults


def config_faults(name, pod, documents):
    """The volume must name a ConfigMap that was rendered with it, hash and all."""
    maps = {d["metadata"]["name"] for d in documents if d["kind"] == "ConfigMap"}
    used = {v["configMap"]["name"] for v in pod.get("volumes", []) if "configMap" in v}
    return [f"{name}: no ConfigMap {missing} was rendered" for missing in sorted(used - maps)]


def check(folder):
    text = render(folder)
    documents = list(yaml.safe_load_all(text))
    faults = schema_faults(folder, text)
    sidecar = folder != "k8s/base"
    deployments = [d for d in documents if d["kind"] == "Deployment"]
    if not sidecar and any(d["spec"].get("strategy") != {"type": "Recreate"} for d in deployments):
        faults.append(f"{folder}: a rollout would send twice the rate, without Recreate")
    for deployment in deployments:
        name = f"{folder}: Deployment {deployment['metadata']['name']}"
        pod = deployment["spec"]["template"]["spec"]
        faults += pod_faults(name, pod, sidecar) + config_faults(name, pod, documents)
    if not deployments:
        faults.append(f"{folder}: no Deployment was rendered")
    return faults


def workload(kind, name, labels):
    """One of the user's own: an app with a port `metrics` of its own."""
    pod = {"containers": [{"name": "app", "image": "app", "ports": [
        {"name": "metrics", "containerPort": 8080}]}], "automountServiceAccountToken": False}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "labels": labels},
            "spec": spec}


def beside(resources, components):
    """What kustomize makes of some resources and components, in a folder beside them."""
    with tempfile.TemporaryDirectory(dir=ROOT / "k8s") as folder:
        path = pathlib.Path(folder)
        names = []
        for number, resource in enumerate(resources):
            names.append(resource if isinstance(resource, str) else f"{number}.yaml")
            if not isinstance(resource, str):
                (path / names[-1]).write_text(yaml.safe_dump(resource))
        (path / "ballast.yaml").write_text("loads: []\n")
        kustomization = {
            "resources": names, "components": [f"../components/{name}" for name in components],
            "configMapGenerator": [{"name": "ballast-sidecar", "files": ["ballast.yaml"]}]}
        (path / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return list(yaml.safe_load_all(render(path.relative_to(ROOT))))


def templates(documents):
    return {
        f"{d['kind']} {d['metadata']['name']}": d["spec"]["template"] for d in documents
        if d["kind"] in WORKLOADS}


def pod_monitor_faults():
    """It selects the Pods that carry Ballast and no other, and there the port that Ballast names."""
    marked = [workload(kind, kind.lower(), {"ballast/sidecar": "true"}) for kind in WORKLOADS]
    documents = beside(
        ["../base", *marked, workload("Deployment", "other", {})], ["sidecar", "podmonitor"])
    monitors = [d for d in documents if d["kind"] == "PodMonitor"]
    ports = [e.get("port") for m in monitors for e in m["spec"]["podMetricsEndpoints"]]
    if ports != [PORT]:
        return [f"k8s/components/podmonitor: scrapes {ports}, not {PORT}"]
    wanted = monitors[0]["spec"]["selector"]["matchLabels"].items()
    faults = []
    for name, template in templates(documents).items():
        selected = wanted <= template["metadata"]["labels"].items()
        pod = template["spec"]
        every = pod["containers"] + pod.get("initContainers", [])
        carries = any(c["name"] == "ballast" for c in every)
        if carries != (name != "Deployment other"):
            faults.append(f"k8s/components/sidecar: {name} carries Ballast: {carries}")
        if selected != carries:
            faults.append(f"k8s/components/podmonitor: {name} is selected: {selected}")
        names = [port["name"] for c in every for port in c.get("ports", [])]
        if len(names) != len(set(names)):
            faults.append(f"{name}: two ports of one name: {names}")
    return faults


def self_test():
    """A check that cannot fail checks nothing: a bare container must break every rule."""
    faults = container_faults("bare", {"readinessProbe": {}, "startupProbe": {}}, True)
    assert len(faults) == 13, faults
    assert pod_faults("empty", {}, True) and config_faults(
        "lost", {"volumes": [{"configMap": {"name": "a"}}]}, []
    )


def main():
    self_test()
    faults = [fault for folder in RENDERED for fault in check(folder)]
    faults += pod_monitor_faults()
    print("\n".join(faults) or f"manifests: {len(RENDERED)} kustomizations pass all checks")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
