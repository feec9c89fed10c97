"""What can be said about deploy/ and k8s/ without a cluster: `deploy/check` runs it.

Rules and dashboards name metrics that the code registers; manifests satisfy the schemas of two Kubernetes
versions and a policy of our own; every variable that they set is a key of deploy/config.
"""

import json
import pathlib
import re
import subprocess
import sys

import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
KUBERNETES = ("1.31", "1.36")
# Their schemas come with their operators, not with Kubernetes.
FOREIGN = ("keda.sh/", "monitoring.coreos.com/")
SERVICES = ("gateway", "user", "product", "order", "seckill", "payment", "compare")
ENGINES = {"MALL_MYSQL_URL", "MALL_REDIS_URL", "MALL_AMQP_URL", "MALL_S3_URL", "MALL_CONFIG_DIR"}
# Metrics that no crate of ours spells: Prometheus' own, the process's, the brokers'.
OTHERS = re.compile(r"^(up|ALERTS|process_[a-z_]+|rabbitmq_[a-z_]+)$")
FUNCTIONS = set("sum rate increase histogram_quantile max min count avg by without and or unless on "
                "ignoring group_left group_right label_replace absent topk vector".split())

problems = []


def problem(place, what):
    problems.append(f"{place}: {what}")


def known_metrics():
    """Names in the crates' sources, and two per RPC: <service>_<verb>_total and _seconds."""
    names = set()
    for source in (ROOT / "crates").glob("*/src/**/*.rs"):
        names |= set(re.findall(r'"([a-z][a-z0-9]*(?:_[a-z0-9]+)+)"', source.read_text()))
    for proto in (ROOT / "proto/mall").glob("*/v1/*.proto"):
        for verb in re.findall(r"^\s*rpc\s+(\w+)", proto.read_text(), re.M):
            verb = re.sub(r"(?<!^)(?=[A-Z])", "_", verb).lower()
            names |= {f"{proto.parts[-3]}_{verb}_{what}" for what in ("total", "seconds")}
    return names


def metrics_of(expression):
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", bare)
    bare = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", "", bare)
    return set(re.findall(r"[A-Za-z_:][A-Za-z0-9_:]*", bare)) - FUNCTIONS


def check_metrics():
    known = known_metrics()
    rules = [rule for group in yaml.safe_load((ROOT / "deploy/prometheus/rules.yml").read_text())["groups"]
             for rule in group["rules"]]
    known |= {rule["record"] for rule in rules if "record" in rule}
    expressions = [("rules.yml", rule["expr"]) for rule in rules]
    for file in sorted((ROOT / "deploy/grafana/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            expressions += [(f"{file.name}: {panel['title']}", target["expr"]) for target in panel["targets"]]
    for place, expression in expressions:
        for name in metrics_of(expression):
            plain = re.sub(r"_(bucket|sum|count)$", "", name)
            if not (name in known or plain in known or OTHERS.match(name)):
                problem(place, f"no crate registers {name}")
    for rule in rules:
        if "alert" in rule and not (ROOT / rule["annotations"]["runbook"]).is_file():
            problem("rules.yml", f"{rule['alert']} has no runbook")
    return len(expressions)


def config_keys():
    keys = set()
    for service in SERVICES:
        section = None
        for line in (ROOT / f"deploy/config/{service}.toml").read_text().splitlines():
            if found := re.match(r"\[([a-z0-9_.]+)\]", line):
                section = found[1].replace(".", "__")
            elif (found := re.match(r"([a-z0-9_]+) *=", line)) and section:
                keys.add(f"MALL_{section}__{found[1]}".upper())
    return keys


def check_variables(place, names):
    # Maps have keys of the operator's own: one per signing key.
    for name in set(names) - config_keys() - ENGINES:
        if not name.startswith("MALL_AUTH__KEYS__"):
            problem(place, f"{name} is no key of deploy/config")


def check_pod(place, pod, is_job):
    security = pod.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("runAsUser", 0) == 0:
        problem(place, "may run as root")
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        problem(place, "has no seccomp profile")
    if pod.get("automountServiceAccountToken", True):
        problem(place, "holds a token of the cluster")
    for container in pod["containers"] + pod.get("initContainers", []):
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation", True) or own.get("capabilities", {}).get("drop") != ["ALL"]:
            problem(place, "may gain privileges")
        if not own.get("readOnlyRootFilesystem"):
            problem(place, "may write to its root")
        for kind in ("requests", "limits"):
            if set(container.get("resources", {}).get(kind, {})) < {"cpu", "memory"}:
                problem(place, f"has no {kind}")
        if not is_job and not {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container):
            problem(place, "lacks a probe")
        if container["image"].endswith(":latest"):
            problem(place, "runs whatever is latest: set IMAGE_TAG")
        for variable in container.get("env", []):
            if re.search("SECRET|PASSWORD|KEY", variable["name"]) and "value" in variable:
                problem(place, f"spells {variable['name']} out")
        check_variables(place, [variable["name"] for variable in container.get("env", [])])


def check_overlay(overlay, text):
    objects = [thing for thing in yaml.safe_load_all(text) if thing]
    checked, guarded = 0, set()
    for thing in objects:
        if thing["kind"] == "PodDisruptionBudget":
            guarded.add(thing["metadata"]["name"])
        if thing["kind"] == "Secret":
            problem(overlay, "a secret in the repository: only references belong here")
        if thing["apiVersion"].startswith(FOREIGN):
            continue
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(thing, version, strict=True)
                checked += 1
            except kubernetes_validate.ValidationError as error:
                problem(f"{overlay}: {thing['kind']} {thing['metadata']['name']}", f"{version}: {error.message}")
    for thing in objects:
        place = f"{overlay}: {thing['kind']} {thing['metadata']['name']}"
        if thing["kind"] in ("Deployment", "Job"):
            check_pod(place, thing["spec"]["template"]["spec"], thing["kind"] == "Job")
        if thing["kind"] == "Deployment":
            if thing["metadata"]["name"] not in guarded:
                problem(place, "has no PodDisruptionBudget")
            if thing["spec"]["strategy"]["rollingUpdate"].get("maxUnavailable") != 0:
                problem(place, "loses a replica during a rollout")
        if thing["kind"] == "ConfigMap":
            check_variables(place, thing["data"])
    return checked


def main():
    print(f"{check_metrics()} expressions of rules and dashboards name metrics that exist")
    kustomize = sys.argv[1] if len(sys.argv) > 1 else None
    for overlay in ("staging", "production"):
        if not kustomize:
            print(f"== {overlay} NOT rendered: kustomize is not here ==")
            continue
        folder = ROOT / "k8s/overlays" / overlay
        text = subprocess.run([kustomize, "build", folder], check=True, capture_output=True, text=True).stdout
        print(f"{overlay}: {check_overlay(overlay, text)} validations against Kubernetes {' and '.join(KUBERNETES)}")
    for line in problems:
        print(line, file=sys.stderr)
    sys.exit(bool(problems))


main()
